// `sidelane inspect`: the inverse of `process`. Reads result lines, or one raw body, and prints what is in them. How a
// result is checked is in inspect-result.ts.

import type { Codec } from '../model/index.ts'
import { count, counted, duration, size } from './format-units.ts'
import { readArgs, UsageError, type Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { Inspector, mostBytes, Problem } from './inspect-result.ts'
import { LineJob } from './ndjson-job.ts'
import { choiceOption, contractOption, integerOption, keyOption } from './options.ts'

const topic = 'inspect'

const help = `sidelane inspect [--contract LOCK] < results.ndjson > payloads.ndjson
sidelane inspect --codec CODEC FILE

The inverse of sidelane process: decompresses each result, verifies its size and its digest, and prints the canonical
JSON, one payload a line. A body must be exactly one member, whole, with nothing behind it. What is wrong goes to stderr
as JSON lines, with the number of the line:

  {"line":7,"code":"digest.mismatch","message":"The digest is not the one of the content."}

The codes: "line.malformed" (no result of sidelane process), "codec.corrupt", "codec.mismatch" (not the contract's),
"codec.unavailable", "size.mismatch", "limit.output", "digest.mismatch", "content.malformed" (no JSON on one line).

  --contract LOCK          also expects the contract's codec and digest, and has its dictionary
  --digest-key-file FILE   the digests are HMAC-SHA-256 with this key; without it they are SHA-256
  --max-bytes N            most bytes that one payload may decompress to (default: 67108864)
  --in FILE, --out FILE    instead of stdin and stdout
  --quiet                  no progress and no tally on stderr

  --codec CODEC            the input is no NDJSON but one raw body: CODECS
  --digest HEX             with --codec: the digest to verify

Examples
  sidelane process --contract order.lock.json < orders.ndjson | sidelane inspect --contract order.lock.json
  sidelane inspect --in results.ndjson --out /dev/null    # only checks
  sidelane inspect --codec gzip body.json.gz | jq .
  sidelane inspect --codec gzip --digest 9f86d081884c7d65… < body.json.gz

Exit codes: ${exitCodes.ok} all sound, ${exitCodes.rejected} something is wrong, ${exitCodes.usage} wrong call, ${exitCodes.interrupted} stopped by ^C.
`

const codecs: readonly Codec[] = ['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd', 'none']
const usualMaxBytes = 67_108_864
const mostMaxBytes = 0x7fff_ffff

export const inspect: Command = {
  summary: 'check and decompress results of process',
  help: help.replace('CODECS', codecs.join(', ')),
  async run(args, io) {
    const { values, positionals } = readArgs(topic, {
      args: [...args],
      options: {
        contract: { type: 'string' },
        'digest-key-file': { type: 'string' },
        'max-bytes': { type: 'string' },
        in: { type: 'string' },
        out: { type: 'string' },
        quiet: { type: 'boolean' },
        codec: { type: 'string' },
        digest: { type: 'string' },
      },
    })
    const codec = choiceOption(topic, 'codec', values.codec, codecs)
    const maxBytes = integerOption(topic, 'max-bytes', values['max-bytes'], 1, mostMaxBytes) ?? usualMaxBytes
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
    const job = new LineJob(io, {
      topic,
      in: file ?? values.in,
      out: values.out,
      bad: undefined,
      // There is little to tell about one body.
      quiet: values.quiet ?? codec !== undefined,
    })
    let outBytes = 0
    const check = (line: number | undefined, open: () => Uint8Array): void => {
      try {
        const canonical = open()
        job.out.bytes(canonical)
        job.out.text('\n')
        outBytes += canonical.length
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        const { code, message } = error
        job.reject({ ...(line !== undefined && { line }), code, message })
      }
    }

    const from = performance.now()
    const ending = await job.run(async () => {
      if (codec !== undefined) {
        const body = await job.whole(mostBytes(maxBytes))
        check(undefined, () => inspector.body(body, codec, digest))
        return
      }
      for await (const { number, payload } of job.lines(mostBytes(maxBytes))) {
        check(number, () => inspector.line(payload))
        job.counts.lines++
        await job.room()
      }
    })
    const { lines, bad } = job.counts
    const ms = performance.now() - from
    job.talk(
      [
        `sidelane: ${counted(lines, 'result')}: ${count(lines - bad)} sound, ${count(bad)} bad`,
        ...(inspector.unverified > 0 ? [`, ${count(inspector.unverified)} without a digest`] : []),
        `; ${size(job.counts.bytes)} in, ${size(outBytes)} out`,
        `; ${duration(ms)}, ${count((1000 * lines) / Math.max(1, ms))}/s`,
        ...(ending === 'interrupted' ? ['; interrupted'] : ending === 'unread' ? ['; the output was closed'] : []),
      ].join(''),
    )
    if (ending === 'interrupted') return exitCodes.interrupted
    return bad > 0 ? exitCodes.rejected : exitCodes.ok
  },
}
