// `sidelane log`: shows the JSON log lines of daemons and apps to a person, selects some of them, and counts them by code.

import { createReadStream } from 'node:fs'
import { numberedLines } from '../../ndjson/index.ts'
import { integer } from '../../util/option-parsers.ts'
import { exitCodes, readArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { decodeInput } from '../input/decode-input.ts'
import { formatPlural } from '../format-units.ts'
import type { Io } from '../io.ts'
import { LogTally } from './tally.ts'
import { codeOf, contractOf, isCall, readLogLine, textOf, traceOf, type LogLine } from './line.ts'
import { optionValue, stdinOption } from '../options.ts'

const topic = 'log'
/** Our lines have a few hundred bytes. */
const maxLineBytes = 1_048_576

const help = `sidelane log [FILE] [--code CODE] [--contract NAME] [--trace ID] [--slow MS] [--summary] [--json]

Shows the log lines of daemons and apps, which are JSON, from FILE or stdin; gzip and zstd are decompressed. What stands in
front of the JSON, as docker and kubectl write it, is left out, and lines that are no log lines are counted on stderr.

  --code CODE       calls that ended with this code, or that a fallback answered because of it
  --contract NAME   lines of this contract
  --trace ID        lines of this trace, by the first digits of its trace id
  --slow MS         calls that took so many milliseconds or more
  --summary         counts by contract and code, with mean and longest time, instead of lines
  --json            the selected lines as they are

Examples
  sidelane log daemon.log --code deadline.exceeded --summary
  journalctl -u sidelaned -o cat | sidelane log --slow 50
  sidelane log daemon.log.1.gz --trace 4bf92f35 --json | jq .millis

Exit codes: ${exitCodes.ok} ok, ${exitCodes.rejected} the input cannot be read to its end, ${exitCodes.usage} usage error.
`

const options = {
  code: { value: 'text' },
  contract: { value: 'text' },
  trace: { value: 'text' },
  slow: { value: 'text' },
  summary: {},
  json: {},
} as const satisfies OptionTable

export const log: Command = {
  summary: 'show log lines of daemons and apps, by code, trace or time',
  help,
  options,
  operands: 'file',
  async run(args, io) {
    const { values, positionals } = readArgs(topic, args, options)
    const [path, extra] = positionals
    if (extra !== undefined) throw new UsageError(topic, `Unexpected "${extra}"`)
    if (values.summary && values.json) throw new UsageError(topic, '--summary and --json exclude each other')
    const { code, contract } = values
    const trace = values.trace?.toLowerCase()
    if (trace !== undefined && !/^[0-9a-f]{1,32}$/.test(trace)) {
      throw new UsageError(topic, `Expected --trace to be 1 to 32 hexadecimal digits, got "${values.trace}"`)
    }
    const slow = optionValue(topic, 'slow', values.slow, integer(0))
    const isSelected = (line: LogLine): boolean =>
      (code === undefined || (isCall(line) && (codeOf(line) === code || line['fallback'] === code))) &&
      (contract === undefined || contractOf(line) === contract) &&
      (trace === undefined || traceOf(line).startsWith(trace)) &&
      (slow === undefined || (isCall(line) && line.millis >= slow))

    const tally = values.summary ? new LogTally() : undefined
    let others = 0
    try {
      for await (const line of logLines(path, io)) {
        if (line === undefined) others++
        else if (!isSelected(line.line)) continue
        else if (tally === undefined) io.print(values.json ? `${line.text}\n` : textOf(line.line, io.style))
        else tally.add(line.line)
      }
    } catch (error) {
      if (error instanceof UsageError) throw error
      if (path !== undefined && isPathError(error)) {
        const reason = error.code === 'EISDIR' ? 'it is a directory' : error.message
        throw new UsageError(topic, `Cannot read ${path}: ${reason}`, { cause: error })
      }
      io.log(`sidelane: ${(error as Error).message}`)
      return exitCodes.rejected
    }
    if (tally !== undefined) io.print(tally.text(io.style))
    if (others > 0) io.log(`${formatPlural(others, 'other line')} skipped`)
    return exitCodes.ok
  },
}

interface ReadLine {
  /** The JSON as it came. */
  readonly text: string
  readonly line: LogLine
}

/** undefined: it is no log line. */
async function* logLines(path: string | undefined, io: Io): AsyncGenerator<ReadLine | undefined, void, undefined> {
  const input = path === undefined || path === '-' ? stdinOption(topic, io) : createReadStream(path)
  const decoder = new TextDecoder()
  const bytes = decodeInput(input as AsyncIterable<Uint8Array>, (text) => io.log(text))
  try {
    for await (const { payload } of numberedLines(bytes, { maxBytes: maxLineBytes })) {
      const whole = payload instanceof Uint8Array ? decoder.decode(payload) : ''
      const text = whole.slice(Math.max(0, whole.indexOf('{')))
      const line = readLogLine(text)
      yield line && { text, line }
    }
  } finally {
    // A pipe that stays open would keep the process after an error.
    input.destroy()
  }
}

/** Not of a file that could be opened, and fails later. */
function isPathError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall === 'open' || code === 'EISDIR'
}
