// What the demonstration shows while it runs: on a terminal one line that changes, and what happens above it; else what
// happens alone.

import process from 'node:process'
import { p95Of, type Load, type Stage } from './load.ts'

const refreshMs = 200

export class Screen {
  readonly #from = performance.now()
  readonly #isTerminal = process.stderr.isTTY
  #load: Load | undefined
  #timer: NodeJS.Timeout | undefined

  watch(load: Load): void {
    this.#load = load
    if (!this.#isTerminal) return
    this.#timer = setInterval(() => this.#draw(), refreshMs)
    this.#timer.unref()
  }

  /** A line that stays. */
  say(text: string): void {
    const seconds = ((performance.now() - this.#from) / 1000).toFixed(1)
    process.stderr.write(`${this.#isTerminal ? '\r\x1b[2K' : ''}${seconds.padStart(5)} s  ${text}\n`)
    if (this.#isTerminal) this.#draw()
  }

  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    if (this.#isTerminal) process.stderr.write('\r\x1b[2K')
  }

  #draw(): void {
    const load = this.#load
    if (load === undefined) return
    const sum = (of: (stage: Stage) => number): string =>
      load.stages.reduce((total, stage) => total + of(stage), 0).toLocaleString('en-US')
    const stage = load.stages.at(-1) as Stage
    const line = [
      `${stage.percent} %`,
      `offered ${sum(({ calls }) => calls)}`,
      `old ${sum(({ by }) => by.old)}`,
      `new ${sum(({ by }) => by.new)}`,
      `fallback ${sum(({ by }) => by.fallback)}`,
      `lost ${sum(({ lost }) => lost)}`,
      `p95 ${p95Of(stage).toFixed(1)} ms`,
    ].join('  ')
    process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`)
  }
}
