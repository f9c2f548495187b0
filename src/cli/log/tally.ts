// Counts log lines: calls by contract and code, with their times, and other lines by event. Bounded in memory by the number
// of rows, whatever the log holds.

import { printable } from '../daemon/daemon-client.ts'
import { formatCount } from '../format-units.ts'
import type { Io } from '../io.ts'
import { codeOf, isCall, type LogLine } from './line.ts'

/** More rows than that have no use to a person; paths of HTTP requests are in them. */
const maxRows = 1000
const otherRow = '(others)'

interface CallRow {
  calls: number
  sumMs: number
  maxMs: number
  fallbacks: number
}

export class LogTally {
  readonly #calls = new Map<string, CallRow>()
  readonly #events = new Map<string, number>()
  #first: string | undefined
  #last: string | undefined

  add(line: LogLine): void {
    this.#first ??= line.time
    this.#last = line.time
    if (!isCall(line)) {
      const event = this.#key(this.#events, line.event)
      this.#events.set(event, (this.#events.get(event) ?? 0) + 1)
      return
    }
    const key = this.#key(this.#calls, `${line.route}\n${codeOf(line)}`)
    let row = this.#calls.get(key)
    if (row === undefined) this.#calls.set(key, (row = { calls: 0, sumMs: 0, maxMs: 0, fallbacks: 0 }))
    row.calls++
    row.sumMs += line.millis
    row.maxMs = Math.max(row.maxMs, line.millis)
    if (typeof line['fallback'] === 'string') row.fallbacks++
  }

  text(style: Io['style']): string {
    if (this.#first === undefined) return 'no lines\n'
    const calls = [...this.#calls].toSorted(([, a], [, b]) => b.calls - a.calls)
    const events = [...this.#events].toSorted(([, a], [, b]) => b - a)
    const span = `${printable(this.#first)} to ${printable(this.#last as string)}\n`
    const callRows = calls.map(([key, { calls: count, sumMs, maxMs, fallbacks }]) => {
      const [route = '', code = ''] = key.split('\n')
      return [formatCount(count), ms(sumMs / count), ms(maxMs), formatCount(fallbacks), code, route].map(printable)
    })
    const eventRows = events.map(([event, count]) => [formatCount(count), event].map(printable))
    return [
      span,
      ...(callRows.length === 0
        ? []
        : rowsOf(['calls', 'mean ms', 'max ms', 'fallback', 'code', 'contract'], callRows, 4, style)),
      ...(eventRows.length === 0 ? [] : rowsOf(['lines', 'event'], eventRows, 1, style)),
    ].join('')
  }

  #key(map: ReadonlyMap<string, unknown>, key: string): string {
    return map.has(key) || map.size < maxRows ? key : otherRow
  }
}

const ms = (value: number): string => String(Number(value.toPrecision(3)))

/** An empty line, the heads and the rows; the first `numbers` columns are aligned to the right. */
function rowsOf(heads: string[], rows: string[][], numbers: number, style: Io['style']): string[] {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < numbers ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return ['\n', `${style('bold', line(heads))}\n`, ...rows.map((row) => `${line(row)}\n`)]
}
