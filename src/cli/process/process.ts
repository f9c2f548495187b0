// `sidelane process`: processes NDJSON, one result a line. Files, signals and backpressure are in ndjson-job.ts.

import {
  errorTable,
  isDataCode,
  type Accepted,
  type AcceptedCanonical,
  type Contract,
  type CreateOptions,
  type Failed,
  type Processor,
  type Rejected,
  type SidelaneError,
} from '../../model/index.ts'
import { createProcessor } from '../../create.ts'
import { choice, integer } from '../../util/option-parsers.ts'
import { formatBytes, formatCount, formatPlural } from '../format-units.ts'
import { tlsHelp, tlsOptions } from '../daemon/tls-options.ts'
import { exitCodes, readArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { NdjsonJob } from './ndjson-job.ts'
import {
  contractOption,
  daemonNames,
  keyOption,
  optionValue,
  placements,
  sidecarOptions,
  usageErrorOf,
} from '../options.ts'
import { openQueue, watchForWorkers } from '../queue/queue-stream.ts'
import { onUnreachable, queueOptions, type QueueValues } from '../queue/queue-options.ts'
import { acceptsArrays, inputForms, PayloadSplitter, type InputPayload } from '../input/payload-splitter.ts'
import { describeAt, type Place } from '../input/place.ts'
import type { BufferedWriter } from '../buffered-writer.ts'
import type { Io } from '../io.ts'

const topic = 'process'
/** The options that name files which are read. */
const readOptions = ['contract', 'digest-key-file', 'queue-password-file', 'tls-cert', 'tls-key', 'tls-ca'] as const

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
  --rejects FILE           instead of stderr; "-" is stdout, beside --out FILE
  --engine ENGINE          auto (default), native, js
  --placement PLACEMENT    PLACEMENTS
  --threads N              workers of the pool, or threads of the daemon (default: cores - 1)
  --concurrency N          payloads in flight (default: enough to keep the workers busy)
  --socket PATH            sidecar: the socket of a running daemon, or tls://HOST:PORT; default: starts a daemon that ends
                           with the command
${tlsHelp(25)}
  --daemon NAME            sidecar, without --socket: auto (default), sidelaned, node
  --connections N          sidecar: connections to the daemon (default: 1)
  --digest-key-file FILE   key of digest "hmac-sha-256": the file's bytes as they are, at least 16
  --queue URL              instead of a placement: the workers of a queue at redis://host:port (sidelane worker)
  --queue-name NAME, --queue-prefix NAME, --queue-password-file FILE
                           as of sidelane worker
  --quiet                  no progress, no notes and no summary on stderr

Examples
  sidelane process --contract order.lock.json < orders.ndjson > results.ndjson
  sidelane process --contract order.lock.json --rejects bad.ndjson --in orders.ndjson.gz --out results.ndjson
  sidelane process --contract order.lock.json --body lines < orders.json | gzip > normalized.ndjson.gz
  sidelane process --contract order.lock.json --body none --quiet < orders.ndjson 2>&1 >/dev/null | jq -r .detail
  sidelane process --contract order.lock.json --placement sidecar --in orders.ndjson | sidelane inspect
  sidelane process --contract order.lock.json --queue redis://127.0.0.1 < orders.ndjson > results.ndjson

^C and SIGTERM finish the payloads in flight and print the summary. A second one ends at once. The summary counts as
accepted only what was written.
Exit codes: ${exitCodes.ok} all accepted, ${exitCodes.rejected} some rejected, or the input or an output failed, ${exitCodes.usage} usage error,
${exitCodes.unreachable} no daemon answers at --socket, or no Redis at --queue, ${exitCodes.interrupted} stopped by ^C, ${exitCodes.terminated} by SIGTERM, ${exitCodes.outputClosed} the reader closed the output.
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
  ...tlsOptions,
  daemon: { value: daemonNames },
  connections: { value: 'text' },
  'digest-key-file': { value: 'file' },
  ...queueOptions,
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
    const sidecar = sidecarOptions(topic, placement, values)
    const stray = Object.keys(queueOptions).find((name) => values[name as keyof QueueValues] !== undefined)
    if (values.queue === undefined && stray !== undefined) throw new UsageError(topic, `--${stray} goes with --queue`)
    // Created before the output files are opened: a processor that cannot start must not truncate them.
    await using processor =
      values.queue === undefined
        ? await start(contract, { placement, engine, threads, digestKey, ...sidecar }, io)
        : await startQueue(values, contract, digestKey, io)
    if (processor === undefined) return exitCodes.unreachable
    const job = new NdjsonJob(io, { topic, ...values, reads: readOptions.map((name) => values[name]) })
    const endWatch = values.queue === undefined ? undefined : watchForWorkers(processor, job.note)
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
      try {
        for await (const item of processor.stream(payloadsOf(job.read(splitter), places), streamOptions)) {
          const place = places.shift() as Place
          if (item.ok) {
            writeResult(job.out, place, item, body)
            job.accept(item.inBytes, item.outBytes)
          } else {
            if (!isDataCode(item.code)) faults++
            job.reject({ ...place, ...rejectOf(item, place) })
          }
          job.counts.lines++
          await job.drain()
        }
      } finally {
        endWatch?.()
      }
    }
    return await job.run(work, (rate) => {
      const { lines, bad } = job.counts
      const { results, inBytes, outBytes } = job.written
      const ends = `${formatCount(results)} accepted, ${formatCount(bad - faults)} rejected`
      const failed = faults > 0 ? `, ${formatCount(faults)} failed` : ''
      const share = inBytes === 0 ? '' : ` (${((100 * outBytes) / inBytes).toFixed(0)} %)`
      const sizes = `${formatBytes(inBytes)} in, ${formatBytes(outBytes)} out${share}`
      const where = values.queue === undefined ? `${processor.engine.kind} engine, ${placement}` : 'queue'
      return `${formatPlural(lines, 'payload')}: ${ends}${failed}; ${sizes}; ${rate} (${where})`
    })
  },
}

/** What the workers decide, not the producer. */
const workerOptions = ['placement', 'engine', 'threads', 'socket', 'daemon', 'connections'] as const

type QueueArgs = QueueValues & Readonly<Partial<Record<(typeof workerOptions)[number], string>>>

/** undefined, after a message, where the Redis cannot be used. */
async function startQueue(
  values: QueueArgs,
  contract: Contract,
  digestKey: Uint8Array | undefined,
  io: Io,
): Promise<Processor | undefined> {
  const other = workerOptions.find((name) => values[name] !== undefined)
  if (other !== undefined) throw new UsageError(topic, `--${other} is an option of the workers, not of --queue`)
  try {
    return await openQueue(topic, values, contract, digestKey)
  } catch (error) {
    onUnreachable(topic, error, io)
    return undefined
  }
}

/** undefined, after a message, where no daemon answers. */
async function start(contract: Contract, options: CreateOptions, io: Io): Promise<Processor | undefined> {
  try {
    return await createProcessor(contract, options)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (options.socket === undefined || code !== 'unavailable') throw usageErrorOf(topic, error)
    const isHere = options.tls === undefined
    const advice = isHere ? `; start one with: sidelane serve --socket ${String(options.socket)} --contract LOCK` : ''
    io.log(`sidelane: ${message}${advice}`)
    return undefined
  }
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
function rejectOf(item: Rejected | Failed, place: Place): object {
  const { code, status } = item
  if ('error' in item) return { code, status, detail: item.error.message, issues: [], truncated: false }
  const issues = item.issues.map((issue) => ({ ...issue, detail: describeAt(place, issue) }))
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
