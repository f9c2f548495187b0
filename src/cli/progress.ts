// A progress line on stderr while a long command runs. Only on a terminal; cleared at the end.

import { formatBytes, formatClock, formatCount } from './format-units.ts'
import type { Streams } from './io.ts'

/** Work done so far. */
export interface ProgressState {
  readonly lines: number
  readonly bad: number
  /** Bytes of the input read. */
  readonly bytes: number
}

const intervalMs = 200
const clearLine = '\r\u001b[2K'

export class Progress {
  readonly #streams: Streams
  readonly #read: () => ProgressState
  readonly #total: number | undefined
  readonly #from: number = performance.now()
  #timer: NodeJS.Timeout | undefined
  #shown = false

  /** `total` is the size of the input, if known; the remaining time is computed from it. */
  constructor(streams: Streams, total: number | undefined, read: () => ProgressState) {
    this.#streams = streams
    this.#total = total
    this.#read = read
  }

  start(): void {
    if (this.#streams.columns() !== undefined) this.#timer = setInterval(() => this.#show(), intervalMs).unref()
  }

  /** Clears the line before other output; the next tick draws it again. */
  clear(): void {
    if (!this.#shown) return
    this.#shown = false
    this.#streams.log.write(clearLine)
  }

  end(): void {
    clearInterval(this.#timer)
    this.clear()
  }

  #show(): void {
    const line = progressLine(this.#read(), performance.now() - this.#from, this.#total)
    this.#shown = true
    this.#streams.log.write(clearLine + line.slice(0, (this.#streams.columns() ?? 80) - 1))
  }
}

/** `12,345 lines  4,100/s  17.2 MiB/s  3 bad  42 %  0:31 left`. */
export function progressLine({ lines, bad, bytes }: ProgressState, ms: number, total: number | undefined): string {
  const seconds = Math.max(ms, 1) / 1000
  const parts = [
    `${formatCount(lines)} lines`,
    `${formatCount(lines / seconds)}/s`,
    `${formatBytes(bytes / seconds)}/s`,
  ]
  if (bad > 0) parts.push(`${formatCount(bad)} bad`)
  if (total !== undefined && total > 0) {
    const done = Math.min(1, bytes / total)
    parts.push(`${Math.floor(100 * done)} %`)
    if (done > 0) parts.push(`${formatClock(ms / done - ms)} left`)
  }
  return parts.join('  ')
}
