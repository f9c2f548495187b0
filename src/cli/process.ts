// `sidelane process`: NDJSON through a contract, one result a line. Files, signals and backpressure are in line-job.ts.

import {
  isDataCode,
  type SidelaneError,
  type Accepted,
  type AcceptedCanonical,
  type Contract,
  type HostOptions,
} from '../model/index.ts'
import { createProcessor } from '../create.ts'
import { count, counted, duration, size } from './format-units.ts'
import { readArgs, UsageError, type Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { LineJob, type Ending } from './ndjson-job.ts'
import { choiceOption, contractOption, integerOption, keyOption, placements } from './options.ts'
import type { Sink } from './buffered-writer.ts'

const topic = 'process'

const help = `sidelane process --contract LOCK < in.ndjson > out.ndjson

Normalizes, validates and compresses JSON payloads, one a line. Results go to stdout in the order of the input, one a
line:

  {"line":1,"digest":"9f86…","inBytes":4120,"canonicalBytes":3981,"outBytes":1204,"codec":"gzip","body":"H4sI…"}

What is rejected goes to stderr, or to --rejects FILE, as JSON lines too; "line" is the number in the input:

  {"line":2,"code":"validate.failed","status":422,"issues":[{"code":"validate.failed","pointer":"/id", …}],"truncated":false}

Lines end with \\n or \\r\\n. Those of nothing but white space are skipped, but counted in "line". A fault around a payload
("internal.panic") stands among the rejects, with a "message".

  --contract LOCK          the contract (sidelane contract export writes one)
  --body base64            the compressed body as base64 (default)
  --body canonical         "canonical", the canonical JSON itself, in place of "body"
  --body lines             nothing but the canonical JSON, one payload a line
  --body none              digest and sizes only
  --in FILE, --out FILE    instead of stdin and stdout
  --rejects FILE           instead of stderr
  --engine ENGINE          auto (default), native, js
  --placement PLACEMENT    PLACEMENTS
  --threads N              workers of the pool (default: cores - 1)
  --concurrency N          payloads under way at once (default: enough to keep the workers busy)
  --digest-key-file FILE   key of digest "hmac-sha-256": the file's bytes as they are, at least 16
  --quiet                  no progress and no tally on stderr

Examples
  sidelane process --contract order.lock.json < orders.ndjson > results.ndjson
  sidelane process --contract order.lock.json --rejects bad.ndjson --in orders.ndjson --out results.ndjson
  sidelane process --contract order.lock.json --body lines < orders.ndjson | gzip > normalized.ndjson.gz
  sidelane process --contract order.lock.json --body none --quiet < orders.ndjson 2>&1 >/dev/null | jq .issues
  zcat orders.ndjson.gz | sidelane process --contract order.lock.json | sidelane inspect

^C finishes the lines that are under way and prints the tally.
Exit codes: ${exitCodes.ok} all accepted, ${exitCodes.rejected} some rejected, ${exitCodes.usage} wrong call, ${exitCodes.interrupted} stopped by ^C.
`

const engines = ['auto', 'native', 'js'] as const
const bodies = ['base64', 'canonical', 'lines', 'none'] as const
type Body = (typeof bodies)[number]

const mostConcurrency = 1_000_000

export const processCommand: Command = {
  summary: 'run NDJSON through a contract, one result a line',
  help: help.replace('PLACEMENTS', `${placements.join(', ')} (default ${placements[0]})`),
  async run(args, io) {
    const { values, positionals } = readArgs(topic, {
      args: [...args],
      options: {
        contract: { type: 'string' },
        body: { type: 'string' },
        in: { type: 'string' },
        out: { type: 'string' },
        rejects: { type: 'string' },
        engine: { type: 'string' },
        placement: { type: 'string' },
        threads: { type: 'string' },
        concurrency: { type: 'string' },
        'digest-key-file': { type: 'string' },
        quiet: { type: 'boolean' },
      },
    })
    if (positionals.length > 0)
      throw new UsageError(topic, `Unexpected "${positionals[0]}"; the input is stdin or --in`)
    if (values.contract === undefined) throw new UsageError(topic, 'Expected --contract LOCK')
    const body = choiceOption(topic, 'body', values.body, bodies) ?? 'base64'
    const placement = choiceOption(topic, 'placement', values.placement, placements) ?? 'pool'
    const threads = integerOption(topic, 'threads', values.threads, 1, 1024)
    const concurrency = integerOption(topic, 'concurrency', values.concurrency, 1, mostConcurrency)
    const digestKey = keyOption(topic, values['digest-key-file'])
    const contract = contractOption(topic, values.contract)
    if (contract.profile.digest === 'hmac-sha-256' && digestKey === undefined)
      throw new UsageError(topic, `The contract "${contract.name}" has a keyed digest: expected --digest-key-file`)
    const options: HostOptions = {
      placement,
      engine: choiceOption(topic, 'engine', values.engine, engines) ?? 'auto',
      ...(threads !== undefined && { threads }),
    }
    // Before the files: one that cannot start must not empty them.
    await using processor = await createProcessor(contract, {
      ...options,
      ...(digestKey !== undefined && { digestKey }),
    })
    const job = new LineJob(io, {
      topic,
      in: values.in,
      out: values.out,
      bad: values.rejects,
      quiet: values.quiet ?? false,
    })
    const sum = { inBytes: 0, outBytes: 0, faults: 0 }
    const numbers: number[] = []
    const canonical = body === 'canonical' || body === 'lines'
    const from = performance.now()
    const ending = await job.run(async () => {
      const source = payloads(job, contract, numbers)
      const pace = concurrency === undefined ? {} : { concurrency }
      for await (const item of processor.stream(source, { canonical, ...pace })) {
        const line = numbers.shift() as number
        if (item.ok) {
          writeResult(job.out, line, item, body)
          sum.inBytes += item.inBytes
          sum.outBytes += item.outBytes
        } else if ('error' in item) {
          const { code, status, error } = item
          // A line that is too long has an answer like any other; the rest are faults, with what they say.
          const fault = !isDataCode(code)
          if (fault) sum.faults++
          job.reject({ line, code, status, issues: [], truncated: false, ...(fault && { message: error.message }) })
        } else {
          const { code, status, issues, truncated } = item
          job.reject({ line, code, status, issues, truncated })
        }
        job.counts.lines++
        await job.room()
      }
    })
    job.talk(tally(job, sum, performance.now() - from, ending, `${processor.engine.kind} engine, ${placement}`))
    if (ending === 'interrupted') return exitCodes.interrupted
    return job.counts.bad > 0 ? exitCodes.rejected : exitCodes.ok
  },
}

/** The payloads; `numbers` gets the number of each line on its way. */
async function* payloads(
  job: LineJob,
  contract: Contract,
  numbers: number[],
): AsyncGenerator<Uint8Array | SidelaneError> {
  for await (const { number, payload } of job.lines(contract.profile.limits.maxBytes)) {
    numbers.push(number)
    yield payload
  }
}

function writeResult(out: Sink, line: number, answer: Accepted, body: Body): void {
  const { canonical } = answer as AcceptedCanonical
  if (body === 'lines') {
    out.bytes(canonical)
    return out.text('\n')
  }
  const { digest, inBytes, canonicalBytes, outBytes, codec } = answer
  const head = `{"line":${line},"digest":${digest === null ? 'null' : `"${digest}"`},"inBytes":${inBytes},"canonicalBytes":${canonicalBytes},"outBytes":${outBytes},"codec":"${codec}"`
  if (body === 'none') out.text(`${head}}\n`)
  else if (body === 'base64') out.text(`${head},"body":"${base64(answer.body)}"}\n`)
  else {
    out.text(`${head},"canonical":`)
    out.bytes(canonical)
    out.text('}\n')
  }
}

const base64 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('base64')

function tally(
  { counts: { lines, bad } }: LineJob,
  { inBytes, outBytes, faults }: { readonly inBytes: number; readonly outBytes: number; readonly faults: number },
  ms: number,
  ending: Ending,
  where: string,
): string {
  const share = inBytes === 0 ? '' : ` (${((100 * outBytes) / inBytes).toFixed(0)} %)`
  return [
    `sidelane: ${counted(lines, 'payload')}: ${count(lines - bad)} accepted, ${count(bad - faults)} rejected`,
    ...(faults > 0 ? [`, ${count(faults)} failed`] : []),
    `; ${size(inBytes)} in, ${size(outBytes)} out${share}`,
    `; ${duration(ms)}, ${count((1000 * lines) / Math.max(1, ms))}/s (${where})`,
    ...(ending === 'interrupted' ? ['; interrupted'] : ending === 'unread' ? ['; the output was closed'] : []),
  ].join('')
}
