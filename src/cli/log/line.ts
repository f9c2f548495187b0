// A line of the log: of a daemon (docs/daemon.md "Log"), of a rollout (docs/rollout.md "Events") or of the calls of an app.

import { printable } from '../daemon/daemon-client.ts'
import { formatBytes } from '../format-units.ts'
import type { Io } from '../io.ts'

export interface LogLine {
  readonly time: string
  readonly level: string
  readonly event: string
  readonly [field: string]: unknown
}

/** A request of a daemon or a call of an app. */
export interface CallLogLine extends LogLine {
  /** The contract, or the path of another request. */
  readonly route: string
  readonly status: number
  readonly millis: number
  readonly in_bytes: number
  readonly out_bytes: number
}

const accepted = 'accepted'

/** undefined: the text is no log line. */
export function readLogLine(text: string): LogLine | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { time, level, event } = value as Record<string, unknown>
  return typeof time === 'string' && typeof level === 'string' && typeof event === 'string'
    ? (value as LogLine)
    : undefined
}

const texts = ['route'] as const
const numbers = ['status', 'millis', 'in_bytes', 'out_bytes'] as const

export const isCall = (line: LogLine): line is CallLogLine =>
  texts.every((name) => typeof line[name] === 'string') && numbers.every((name) => typeof line[name] === 'number')

/** `accepted` for a call without a code. */
export const codeOf = (line: CallLogLine): string => (typeof line['code'] === 'string' ? line['code'] : accepted)

export function contractOf(line: LogLine): string | undefined {
  const name = isCall(line) ? line.route : line['contract']
  return typeof name === 'string' ? name : undefined
}

/** Empty for a line without a trace. */
export const traceOf = ({ trace_id: id }: LogLine): string => (typeof id === 'string' ? id : '')

/** What the text of a line shows by itself. */
const shown = new Set<string>(['time', 'level', 'event', 'code', ...texts, ...numbers])

/** One line for a terminal, without characters that it interprets. */
export function textOf(line: LogLine, style: Io['style']): string {
  const isBad = line.level !== 'info'
  const head = isCall(line)
    ? [
        `${line.status} ${codeOf(line)}`,
        line.route,
        `${line.millis} ms`,
        `${formatBytes(line.in_bytes)} → ${formatBytes(line.out_bytes)}`,
      ]
    : [line.level, line.event]
  const rest = Object.entries(line)
    .filter(
      ([name, value]) =>
        (isCall(line) ? !shown.has(name) : !['time', 'level', 'event'].includes(name)) && value !== null,
    )
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const [first = '', ...others] = [...head, ...rest].map(printable)
  const text = [style('dim', printable(line.time)), isBad ? style('bold', first) : first, ...others].join('  ')
  return `${text}\n`
}
