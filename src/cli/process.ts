// `sidelane process`: processes NDJSON, one result a line. Files, signals and backpressure are in ndjson-job.ts.

import {
  isDataCode,
  type SidelaneError,
  type Accepted,
  type AcceptedCanonical,
  type Contract,
  type HostOptions,
} from '../model/index.ts'
import { createProcessor } from '../create.ts'
import { choice, integer } from '../util/option-parsers.ts'
import { formatBytes, formatCount, formatDuration, formatPlural } from './format-units.ts'
import { readArgs, UsageError, type Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { NdjsonJob, type StopReason } from './ndjson-job.ts'
import { contractOption, keyOption, optionValue, placements } from './options.ts'
import type { BufferedWriter } from './buffered-writer.ts'

const topic = 'process'

const help = `sidelane process --contract LOCK < in.ndjson > out.ndjson

Normalizes, validates and compresses JSON payloads, one a line. Results go to stdout in the order of the input, one a
line:

  {"line":1,"digest":"9f86…","inBytes":4120,"canonicalBytes":3981,"outBytes":1204,"codec":"gzip","body":"H4sI…"}

Rejects go to stderr, or to --rejects FILE, as JSON lines too; "line" is the line number in the input:

  {"line":2,"code":"validate.failed","status":422,"issues":[{"code":"validate.failed","pointer":"/id", …}],"truncated":false}

Lines end with \\n or \\r\\n. Blank lines are skipped, but counted in "line". An error that the payload did not cause
("internal.panic") is written as a reject with a "message".

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
  --concurrency N          payloads in flight (default: enough to keep the workers busy)
  --digest-key-file FILE   key of digest "hmac-sha-256": the file's bytes as they are, at least 16
  --quiet                  no progress and no summary on stderr

Examples
  sidelane process --contract order.lock.json < orders.ndjson > results.ndjson
  sidelane process --contract order.lock.json --rejects bad.ndjson --in orders.ndjson --out results.ndjson
  sidelane process --contract order.lock.json --body lines < orders.ndjson | gzip > normalized.ndjson.gz
  sidelane process --contract order.lock.json --body none --quiet < orders.ndjson 2>&1 >/dev/null | jq .issues
  zcat orders.ndjson.gz | sidelane process --contract order.lock.json | sidelane inspect

^C finishes the lines in flight and prints the summary. A second ^C ends at once.
Exit codes: ${exitCodes.ok} all accepted, ${exitCodes.rejected} some rejected, ${exitCodes.usage} usage error, ${exitCodes.interrupted} stopped by ^C.
`

const bodies = ['base64', 'canonical', 'lines', 'none'] as const
type Body = (typeof bodies)[number]

export const processCommand: Command = {
  summary: 'process NDJSON under a contract, one result a line',
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
    const body = optionValue(topic, 'body', values.body, choice(...bodies)) ?? 'base64'
    const placement = optionValue(topic, 'placement', values.placement, choice(...placements)) ?? 'pool'
    const threads = optionValue(topic, 'threads', values.threads, integer(1, 1024))
    const concurrency = optionValue(topic, 'concurrency', values.concurrency, integer(1, 1_000_000))
    const digestKey = keyOption(topic, values['digest-key-file'])
    const contract = contractOption(topic, values.contract)
    if (contract.profile.digest === 'hmac-sha-256' && digestKey === undefined)
      throw new UsageError(topic, `The contract "${contract.name}" has a keyed digest: expected --digest-key-file`)
    const options: HostOptions = {
      placement,
      engine: optionValue(topic, 'engine', values.engine, choice('auto', 'native', 'js')) ?? 'auto',
      ...(threads !== undefined && { threads }),
    }
    // Created before the output files are opened: a processor that cannot start must not truncate them.
    await using processor = await createProcessor(contract, {
      ...options,
      ...(digestKey !== undefined && { digestKey }),
    })
    const job = new NdjsonJob(io, {
      topic,
      in: values.in,
      out: values.out,
      rejects: values.rejects,
      quiet: values.quiet ?? false,
    })
    const totals = { inBytes: 0, outBytes: 0, faults: 0 }
    const numbers: number[] = []
    const canonical = body === 'canonical' || body === 'lines'
    const from = performance.now()
    const reason = await job.run(async () => {
      const source = payloads(job, contract, numbers)
      const limit = concurrency === undefined ? {} : { concurrency }
      for await (const item of processor.stream(source, { canonical, ...limit })) {
        const line = numbers.shift() as number
        if (item.ok) {
          writeResult(job.out, line, item, body)
          totals.inBytes += item.inBytes
          totals.outBytes += item.outBytes
        } else if ('error' in item) {
          const { code, status, error } = item
          // A line that is too long is a data error without a message; other errors are faults and have one.
          const fault = !isDataCode(code)
          if (fault) totals.faults++
          job.reject({ line, code, status, issues: [], truncated: false, ...(fault && { message: error.message }) })
        } else {
          const { code, status, issues, truncated } = item
          job.reject({ line, code, status, issues, truncated })
        }
        job.counts.lines++
        await job.drain()
      }
    })
    job.log(summaryOf(job, totals, performance.now() - from, reason, `${processor.engine.kind} engine, ${placement}`))
    if (reason === 'interrupted') return exitCodes.interrupted
    return job.counts.bad > 0 ? exitCodes.rejected : exitCodes.ok
  },
}

/** The payloads. The line number of each is appended to `numbers`. */
async function* payloads(
  job: NdjsonJob,
  contract: Contract,
  numbers: number[],
): AsyncGenerator<Uint8Array | SidelaneError> {
  for await (const { number, payload } of job.lines(contract.profile.limits.maxBytes)) {
    numbers.push(number)
    yield payload
  }
}

function writeResult(out: BufferedWriter, line: number, outcome: Accepted, body: Body): void {
  const { canonical } = outcome as AcceptedCanonical
  if (body === 'lines') {
    out.writeBytes(canonical)
    return out.writeText('\n')
  }
  const { digest, inBytes, canonicalBytes, outBytes, codec } = outcome
  const head = `{"line":${line},"digest":${digest === null ? 'null' : `"${digest}"`},"inBytes":${inBytes},"canonicalBytes":${canonicalBytes},"outBytes":${outBytes},"codec":"${codec}"`
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

function summaryOf(
  { counts: { lines, bad } }: NdjsonJob,
  { inBytes, outBytes, faults }: { readonly inBytes: number; readonly outBytes: number; readonly faults: number },
  ms: number,
  reason: StopReason,
  where: string,
): string {
  const share = inBytes === 0 ? '' : ` (${((100 * outBytes) / inBytes).toFixed(0)} %)`
  return [
    `sidelane: ${formatPlural(lines, 'payload')}: ${formatCount(lines - bad)} accepted, ${formatCount(bad - faults)} rejected`,
    ...(faults > 0 ? [`, ${formatCount(faults)} failed`] : []),
    `; ${formatBytes(inBytes)} in, ${formatBytes(outBytes)} out${share}`,
    `; ${formatDuration(ms)}, ${formatCount((1000 * lines) / Math.max(1, ms))}/s (${where})`,
    ...(reason === 'interrupted' ? ['; interrupted'] : reason === 'outputClosed' ? ['; the output was closed'] : []),
  ].join('')
}
