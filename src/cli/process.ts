// `sidelane process`: processes NDJSON, one result a line. Files, signals and backpressure are in ndjson-job.ts.

import {
  describeIssue,
  errorTable,
  isDataCode,
  type Accepted,
  type AcceptedCanonical,
  type Contract,
  type CreateOptions,
  type Failed,
  type HostOptions,
  type PlacementName,
  type Processor,
  type Rejected,
  type SidelaneError,
} from '../model/index.ts'
import { createProcessor } from '../create.ts'
import { choice, integer } from '../util/option-parsers.ts'
import { formatBytes, formatCount, formatPlural } from './format-units.ts'
import { exitCodes, readArgs, UsageError, type Command, type OptionTable } from './command.ts'
import { NdjsonJob } from './ndjson-job.ts'
import { contractOption, daemonNames, keyOption, optionValue, placements } from './options.ts'
import { acceptsArrays, inputForms, PayloadSplitter, type InputPayload } from './payload-splitter.ts'
import type { BufferedWriter } from './buffered-writer.ts'
import type { Io } from './io.ts'

const topic = 'process'

const help = `sidelane process --contract LOCK < in.ndjson > out.ndjson

Normalizes, validates and compresses JSON payloads, one a line. Results go to stdout in the order of the input, one a
line:

  {"line":1,"digest":"9f86…","inBytes":4120,"canonicalBytes":3981,"outBytes":1204,"codec":"gzip","body":"H4sI…"}

Rejects go to stderr, or to --rejects FILE, as JSON lines too; "line" is the line number in the input, "detail" a sentence:

  {"line":2,"code":"validate.failed","status":422,"detail":"The value at /id …","issues":[{"code":…,"pointer":"/id", …}], …}

Lines end with \\n or \\r\\n. Blank lines are skipped, but counted in "line". An error that the payload did not cause
("internal.panic") is written as a reject without issues.

The input may be compressed (gzip, zstd), UTF-16, and other JSON than lines: an array of payloads, or values over several
lines. That is recognized by its start; stderr says so once, and "item" counts the payloads beside "line".

  --contract LOCK          the contract (sidelane contract export writes one)
  --input FORM             auto (default) · ndjson: each line is a payload · json: values over any lines; the items of an
                           array where the contract accepts no array · array: the items of arrays
  --body base64            the compressed body as base64 (default)
  --body canonical         "canonical", the canonical JSON itself, in place of "body"
  --body lines             nothing but the canonical JSON, one payload a line
  --body none              digest and sizes only
  --in FILE, --out FILE    instead of stdin and stdout
  --rejects FILE           instead of stderr
  --engine ENGINE          auto (default), native, js
  --placement PLACEMENT    PLACEMENTS
  --threads N              workers of the pool, or threads of the daemon (default: cores - 1)
  --concurrency N          payloads in flight (default: enough to keep the workers busy)
  --socket PATH            sidecar: the socket of a running daemon; default: starts a daemon that ends with the command
  --daemon NAME            sidecar, without --socket: auto (default), sidelaned, node
  --connections N          sidecar: connections to the daemon (default: 1)
  --digest-key-file FILE   key of digest "hmac-sha-256": the file's bytes as they are, at least 16
  --quiet                  no progress, no notes and no summary on stderr

Examples
  sidelane process --contract order.lock.json < orders.ndjson > results.ndjson
  sidelane process --contract order.lock.json --rejects bad.ndjson --in orders.ndjson.gz --out results.ndjson
  sidelane process --contract order.lock.json --body lines < orders.json | gzip > normalized.ndjson.gz
  sidelane process --contract order.lock.json --body none --quiet < orders.ndjson 2>&1 >/dev/null | jq -r .detail
  sidelane process --contract order.lock.json --placement sidecar --in orders.ndjson | sidelane inspect

^C and SIGTERM finish the payloads in flight and print the summary. A second one ends at once. The summary counts as
accepted only what was written.
Exit codes: ${exitCodes.ok} all accepted, ${exitCodes.rejected} some rejected, or the input or an output failed, ${exitCodes.usage} usage error,
${exitCodes.unreachable} no daemon answers at --socket, ${exitCodes.interrupted} stopped by ^C, ${exitCodes.terminated} by SIGTERM, ${exitCodes.outputClosed} the reader closed the output.
`

const engines = ['auto', 'native', 'js'] as const
const bodies = ['base64', 'canonical', 'lines', 'none'] as const
type Body = (typeof bodies)[number]

const options = {
  contract: { value: 'file' },
  input: { value: inputForms },
  body: { value: bodies },
  in: { value: 'file' },
  out: { value: 'file' },
  rejects: { value: 'file' },
  engine: { value: engines },
  placement: { value: placements },
  threads: { value: 'text' },
  concurrency: { value: 'text' },
  socket: { value: 'file' },
  daemon: { value: daemonNames },
  connections: { value: 'text' },
  'digest-key-file': { value: 'file' },
  quiet: {},
} as const satisfies OptionTable

export const processCommand: Command = {
  summary: 'process NDJSON under a contract, one result a line',
  help: help.replace('PLACEMENTS', `${placements.join(', ')} (default ${placements[0]})`),
  options,
  async run(args, io) {
    const { values, positionals } = readArgs(topic, args, options)
    if (positionals.length > 0)
      throw new UsageError(topic, `Unexpected "${positionals[0]}"; the input is stdin or --in`)
    if (values.contract === undefined) throw new UsageError(topic, 'Expected --contract LOCK')
    const body = optionValue(topic, 'body', values.body, choice(...bodies)) ?? 'base64'
    const input = optionValue(topic, 'input', values.input, choice(...inputForms)) ?? 'auto'
    const placement = optionValue(topic, 'placement', values.placement, choice(...placements)) ?? 'pool'
    const threads = optionValue(topic, 'threads', values.threads, integer(1, 1024))
    const concurrency = optionValue(topic, 'concurrency', values.concurrency, integer(1, 1_000_000))
    const digestKey = keyOption(topic, values['digest-key-file'])
    const contract = contractOption(topic, values.contract)
    if (contract.profile.digest === 'hmac-sha-256' && digestKey === undefined)
      throw new UsageError(topic, `The contract "${contract.name}" has a keyed digest: expected --digest-key-file`)
    const engine = optionValue(topic, 'engine', values.engine, choice(...engines)) ?? 'auto'
    const sidecar = sidecarOptions(placement, values)
    // Created before the output files are opened: a processor that cannot start must not truncate them.
    await using processor = await start(contract, { placement, engine, threads, digestKey, ...sidecar }, io)
    if (processor === undefined) return exitCodes.unreachable
    const job = new NdjsonJob(io, { topic, ...values })
    let faults = 0
    const places: Place[] = []
    const canonical = body === 'canonical' || body === 'lines'
    const work = async (): Promise<void> => {
      const streamOptions = { canonical, ...(concurrency !== undefined && { concurrency }) }
      const splitter = new PayloadSplitter({
        form: input,
        maxBytes: contract.profile.limits.maxBytes,
        acceptsArrays: acceptsArrays(contract),
        note: job.note,
      })
      for await (const item of processor.stream(payloadsOf(job.read(splitter), places), streamOptions)) {
        const place = places.shift() as Place
        if (item.ok) {
          writeResult(job.out, place, item, body)
          job.accept(item.inBytes, item.outBytes)
        } else {
          if (!isDataCode(item.code)) faults++
          job.reject({ ...place, ...rejectOf(item) })
        }
        job.counts.lines++
        await job.drain()
      }
    }
    return await job.run(work, (rate) => {
      const { lines, bad } = job.counts
      const { results, inBytes, outBytes } = job.written
      const ends = `${formatCount(results)} accepted, ${formatCount(bad - faults)} rejected`
      const failed = faults > 0 ? `, ${formatCount(faults)} failed` : ''
      const share = inBytes === 0 ? '' : ` (${((100 * outBytes) / inBytes).toFixed(0)} %)`
      const sizes = `${formatBytes(inBytes)} in, ${formatBytes(outBytes)} out${share}`
      const where = `${processor.engine.kind} engine, ${placement}`
      return `${formatPlural(lines, 'payload')}: ${ends}${failed}; ${sizes}; ${rate} (${where})`
    })
  },
}

type SidecarValues = Readonly<Partial<Record<'socket' | 'connections' | 'daemon', string>>>

/** The daemon at `--socket`, or one of its own. */
function sidecarOptions(placement: PlacementName, values: SidecarValues): HostOptions {
  const { socket } = values
  const connections = optionValue(topic, 'connections', values.connections, integer(1, 64))
  const daemon = optionValue(topic, 'daemon', values.daemon, choice(...daemonNames))
  if (placement !== 'sidecar') {
    const other = (['socket', 'connections', 'daemon'] as const).find((name) => values[name] !== undefined)
    if (other !== undefined) throw new UsageError(topic, `--${other} goes with --placement sidecar`)
    return {}
  }
  if (socket === undefined) return { connections, launch: daemon === undefined ? true : { daemon } }
  if (daemon !== undefined) throw new UsageError(topic, '--daemon is for a daemon of its own, without --socket')
  return { connections, socket }
}

/** undefined, after a message, where no daemon answers. */
async function start(contract: Contract, options: CreateOptions, io: Io): Promise<Processor | undefined> {
  try {
    return await createProcessor(contract, options)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (options.socket === undefined || code !== 'unavailable') throw error
    io.log(`sidelane: ${message}; start one with: sidelane serve --socket ${options.socket} --contract LOCK`)
    return undefined
  }
}

/** Where a payload is in the input. */
interface Place {
  readonly line: number
  readonly item?: number
}

/** The payloads. The place of each is appended to `places`. */
async function* payloadsOf(
  source: AsyncIterable<InputPayload>,
  places: Place[],
): AsyncGenerator<Uint8Array | SidelaneError> {
  for await (const { number: line, item, payload } of source) {
    places.push(item === undefined ? { line } : { line, item })
    yield payload
  }
}

/** The members of a reject, each issue with its sentence. */
function rejectOf(item: Rejected | Failed): object {
  const { code, status } = item
  if ('error' in item) return { code, status, detail: item.error.message, issues: [], truncated: false }
  const issues = item.issues.map((issue) => ({ ...issue, detail: describeIssue(issue) }))
  const detail = issues[0]?.detail ?? errorTable[code].message
  return { code, status, detail, issues, truncated: item.truncated }
}

function writeResult(out: BufferedWriter, { line, item }: Place, outcome: Accepted, body: Body): void {
  const { canonical } = outcome as AcceptedCanonical
  if (body === 'lines') {
    out.writeBytes(canonical)
    return out.writeText('\n')
  }
  const { digest, inBytes, canonicalBytes, outBytes, codec } = outcome
  const place = item === undefined ? `"line":${line}` : `"line":${line},"item":${item}`
  const head = `{${place},"digest":${digest === null ? 'null' : `"${digest}"`},"inBytes":${inBytes},"canonicalBytes":${canonicalBytes},"outBytes":${outBytes},"codec":"${codec}"`
  if (body === 'none') out.writeText(`${head}}\n`)
  else if (body === 'base64') out.writeText(`${head},"body":"${base64(outcome.body)}"}\n`)
  else {
    out.writeText(`${head},"canonical":`)
    out.writeBytes(canonical)
    out.writeText('}\n')
  }
}

const base64 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('base64')
