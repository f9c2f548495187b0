// Progress of a long measurement on stderr: one line that is updated on a terminal, else a line every few seconds.

import type { Terminal } from '../io.ts'

const [terminalMs, logMs] = [100, 10_000]

export class StepLine {
  readonly #terminal: Terminal
  readonly #from: number = performance.now()
  #shownMs = Number.NEGATIVE_INFINITY

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** The current step, and the finished share of the whole. */
  at(what: string, done: number): void {
    const columns = this.#terminal.columns()
    const now = performance.now() - this.#from
    if (now - this.#shownMs < (columns === undefined ? logMs : terminalMs)) return
    this.#shownMs = now
    const line = `${String(Math.round(100 * done)).padStart(3)} %  ${(now / 1000).toFixed(0)} s  ${what}`
    this.#terminal.log.write(columns === undefined ? `${line}\n` : `\r\u001b[2K${line.slice(0, columns - 1)}`)
  }

  end(): void {
    if (this.#terminal.columns() !== undefined) this.#terminal.log.write('\r\u001b[2K')
  }
}
