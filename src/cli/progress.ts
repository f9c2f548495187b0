// One moving line on stderr while a long command runs: only on a terminal, gone when it is over.

import { clock, count, size } from './format-units.ts'
import type { Streams } from './io.ts'

/** How far the work is. */
export interface Moment {
  readonly lines: number
  readonly bad: number
  /** Bytes of the input taken. */
  readonly bytes: number
}

const everyMs = 200
const clearLine = '\r\u001b[2K'

export class Progress {
  readonly #streams: Streams
  readonly #look: () => Moment
  readonly #total: number | undefined
  readonly #from: number = performance.now()
  #timer: NodeJS.Timeout | undefined
  #shown = false

  /** `total` is the input's size where it is known: the time left needs it. */
  constructor(streams: Streams, total: number | undefined, look: () => Moment) {
    this.#streams = streams
    this.#total = total
    this.#look = look
  }

  start(): void {
    if (this.#streams.columns() !== undefined) this.#timer = setInterval(() => this.#show(), everyMs).unref()
  }

  /** Makes room for other talk; the line comes back by itself. */
  clear(): void {
    if (!this.#shown) return
    this.#shown = false
    this.#streams.talk.write(clearLine)
  }

  end(): void {
    clearInterval(this.#timer)
    this.clear()
  }

  #show(): void {
    const line = progressLine(this.#look(), performance.now() - this.#from, this.#total)
    this.#shown = true
    this.#streams.talk.write(clearLine + line.slice(0, (this.#streams.columns() ?? 80) - 1))
  }
}

/** `12,345 lines  4,100/s  17.2 MiB/s  3 bad  42 %  0:31 left`. */
export function progressLine({ lines, bad, bytes }: Moment, ms: number, total: number | undefined): string {
  const seconds = Math.max(ms, 1) / 1000
  const parts = [`${count(lines)} lines`, `${count(lines / seconds)}/s`, `${size(bytes / seconds)}/s`]
  if (bad > 0) parts.push(`${count(bad)} bad`)
  if (total !== undefined && total > 0) {
    const done = Math.min(1, bytes / total)
    parts.push(`${Math.floor(100 * done)} %`)
    if (done > 0) parts.push(`${clock(ms / done - ms)} left`)
  }
  return parts.join('  ')
}
