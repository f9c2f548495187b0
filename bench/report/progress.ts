// Progress on stderr: one updated line on a terminal, else a line every few seconds.

import { performance } from 'node:perf_hooks'
import process from 'node:process'

export interface Progress {
  /** The current step, and the finished fraction of the run (0 to 1). */
  at(what: string, done: number): void
  end(): void
}

const quietMs = 5000

export function progress(): Progress {
  const terminal = process.stderr.isTTY
  const from = performance.now()
  let printedMs = -quietMs
  return {
    at(what, done) {
      const sinceMs = performance.now() - from
      if (sinceMs - printedMs < (terminal ? 100 : quietMs)) return
      printedMs = sinceMs
      const line = `${String(Math.round(done * 100)).padStart(3)} %  ${(sinceMs / 1000).toFixed(0)} s  ${what}`
      process.stderr.write(terminal ? `\r\x1b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}` : `${line}\n`)
    },
    end() {
      if (terminal) process.stderr.write('\r\x1b[2K')
    },
  }
}
