// A progress line on stderr while a long command runs. Only on a terminal; cleared at the end.

import { formatBytes, formatClock, formatCount } from './format-units.ts'
import type { Terminal } from './io.ts'

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
  readonly #terminal: Terminal
  readonly #read: () => ProgressState
  readonly #total: number | undefined
  readonly #from: number = performance.now()
  #timer: NodeJS.Timeout | undefined
  #shown = false
  #drawnAt: number = this.#from

  /** `total` is the size of the input, if known; the remaining time is computed from it. */
  constructor(terminal: Terminal, total: number | undefined, read: () => ProgressState) {
    this.#terminal = terminal
    this.#total = total
    this.#read = read
  }

  start(): void {
    if (this.#terminal.columns() !== undefined) this.#timer = setInterval(() => this.#show(), intervalMs).unref()
  }

  /** Draws the line when it is due, for work that lets no timer fire. */
  tick(): void {
    if (this.#terminal.columns() !== undefined && performance.now() - this.#drawnAt >= intervalMs) this.#show()
  }

  /** Clears the line before other output; the next tick draws it again. */
  clear(): void {
    if (!this.#shown) return
    this.#shown = false
    this.#terminal.log.write(clearLine)
  }

  end(): void {
    clearInterval(this.#timer)
    this.clear()
  }

  #show(): void {
    const line = progressLine(this.#read(), performance.now() - this.#from, this.#total)
    this.#shown = true
    this.#drawnAt = performance.now()
    this.#terminal.log.write(clearLine + line.slice(0, (this.#terminal.columns() ?? 80) - 1))
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
