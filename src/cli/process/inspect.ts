// `sidelane inspect`: the inverse of `process`. Prints the payloads of result lines, or of one raw body. Each result is
// verified in inspect-result.ts.

import { choice, integer } from '../../util/option-parsers.ts'
import { formatBytes, formatCount, formatPlural } from '../format-units.ts'
import { exitCodes, readArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { Inspector, maxEncodedBytes, Problem } from './inspect-result.ts'
import { NdjsonJob } from './ndjson-job.ts'
import { PayloadSplitter } from '../input/payload-splitter.ts'
import { codecs, contractOption, keyOption, optionValue } from '../options.ts'

const topic = 'inspect'

const help = `sidelane inspect [--contract LOCK] < results.ndjson > payloads.ndjson
sidelane inspect --codec CODEC FILE

The inverse of sidelane process: decompresses each result, verifies its size and its digest, and prints the canonical
JSON, one payload a line. A body must be exactly one complete member without trailing bytes. Defects go to stderr as
JSON lines, with the line number:

  {"line":7,"code":"digest.mismatch","detail":"The digest is not the SHA-256 of the content."}

The codes: "line.malformed" (not a result of sidelane process), "codec.corrupt", "codec.mismatch" (not the contract's),
"codec.unavailable", "size.mismatch", "limit.output", "digest.mismatch", "content.malformed" (not JSON on one line).
Results that are compressed as a whole (gzip, zstd) or UTF-16 are read too.

  --contract LOCK          also checks the contract's codec and digest, and uses its dictionary
  --digest-key-file FILE   the digests are HMAC-SHA-256 with this key; without it they are SHA-256
  --max-bytes N            decompressed bytes allowed for one payload (default: 67108864)
  --in FILE, --out FILE    instead of stdin and stdout
  --quiet                  no progress and no summary on stderr

  --codec CODEC            the input is one raw body instead of NDJSON: CODECS
  --digest HEX             with --codec: the digest to verify

Examples
  sidelane process --contract order.lock.json < orders.ndjson | sidelane inspect --contract order.lock.json
  sidelane inspect --in results.ndjson --out /dev/null    # only verifies
  sidelane inspect --codec gzip body.json.gz | jq .
  sidelane inspect --codec gzip --digest 9f86d081884c7d65… < body.json.gz

Exit codes: ${exitCodes.ok} all valid, ${exitCodes.rejected} defects, ${exitCodes.usage} usage error, ${exitCodes.interrupted} stopped by ^C, ${exitCodes.terminated} by SIGTERM,
${exitCodes.outputClosed} the reader closed the output.
`

const defaultMaxBytes = 67_108_864

const options = {
  contract: { value: 'file' },
  'digest-key-file': { value: 'file' },
  'max-bytes': { value: 'text' },
  in: { value: 'file' },
  out: { value: 'file' },
  quiet: {},
  codec: { value: codecs },
  digest: { value: 'text' },
} as const satisfies OptionTable

export const inspect: Command = {
  summary: 'verify and decompress results of process',
  help: help.replace('CODECS', codecs.join(', ')),
  options,
  operands: 'file',
  async run(args, io) {
    const { values, positionals } = readArgs(topic, args, options)
    const codec = optionValue(topic, 'codec', values.codec, choice(...codecs))
    const maxBytes = optionValue(topic, 'max-bytes', values['max-bytes'], integer(1, 0x7fff_ffff)) ?? defaultMaxBytes
    const key = keyOption(topic, values['digest-key-file'])
    const contract = values.contract === undefined ? undefined : contractOption(topic, values.contract)
    if (contract?.profile.digest === 'hmac-sha-256' && key === undefined)
      throw new UsageError(topic, `The contract "${contract.name}" has a keyed digest: expected --digest-key-file`)
    const { digest } = values
    if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
      throw new UsageError(topic, 'Expected --digest to be 64 lower-case hex digits')
    if (digest !== undefined && codec === undefined) throw new UsageError(topic, '--digest goes with --codec')
    const [file, ...others] = positionals
    if (others.length > 0 || (file !== undefined && (codec === undefined || values.in !== undefined)))
      throw new UsageError(
        topic,
        codec === undefined ? 'A FILE goes with --codec; results are stdin or --in' : 'Expected one FILE',
      )

    const inspector = new Inspector({ contract, key, maxBytes })
    // One body needs no summary.
    const quiet = values.quiet ?? codec !== undefined
    const reads = [values.contract, values['digest-key-file']]
    const job = new NdjsonJob(io, { topic, in: file ?? values.in, out: values.out, reads, quiet })
    const check = (line: number | undefined, inspectOne: () => Uint8Array): void => {
      try {
        const canonical = inspectOne()
        job.out.writeBytes(canonical)
        job.out.writeText('\n')
        job.accept(0, canonical.length)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        const { code, message: detail } = error
        job.reject({ ...(line !== undefined && { line }), code, detail })
      }
    }

    const work = async (): Promise<void> => {
      if (codec !== undefined) {
        const body = await job.readAll(maxEncodedBytes(maxBytes))
        if (body !== undefined) check(undefined, () => inspector.inspectBody(body, codec, digest))
        return
      }
      const lines = { form: 'ndjson', maxBytes: maxEncodedBytes(maxBytes), acceptsArrays: false } as const
      const results = job.read(new PayloadSplitter({ ...lines, note: job.note }))
      for await (const { number, payload } of results) {
        check(number, () => inspector.inspectLine(payload))
        job.counts.lines++
        await job.drain()
      }
    }
    return job.run(work, (rate) => {
      const { lines, bad, bytes } = job.counts
      const { results, outBytes } = job.written
      const verdicts = `${formatCount(results)} valid, ${formatCount(bad)} defective`
      const bare = inspector.unverified > 0 ? `, ${formatCount(inspector.unverified)} without a digest` : ''
      const sizes = `${formatBytes(bytes)} in, ${formatBytes(outBytes)} out`
      return `${formatPlural(lines, 'result')}: ${verdicts}${bare}; ${sizes}; ${rate}`
    })
  },
}
