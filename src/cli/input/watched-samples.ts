// Samples that are read with a progress line on a terminal.

import { statSync } from 'node:fs'
import type { Io } from '../io.ts'
import { Progress } from '../progress.ts'
import { openSamples, type SampleSource } from './sample-files.ts'

/** Can be iterated several times. Throws FileError. */
export class WatchedSamples implements Iterable<Uint8Array> {
  readonly #file: string
  readonly #samples: SampleSource
  readonly #io: Io
  #progress: Progress | undefined

  constructor(file: string, io: Io) {
    this.#file = file
    this.#samples = openSamples(file)
    this.#io = io
  }

  /** The position of the latest sample: `line 12`, or `item 3, line 12`. */
  get where(): string {
    return this.#samples.where
  }

  /** Writes a line to stderr, without the progress line in it. */
  log(text: string): void {
    this.#progress?.clear()
    this.#io.log(text)
  }

  /** Reading is synchronous, so no timer draws the line. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    const samples = this.#samples
    let lines = 0
    // Samples that are not read in chunks have no known share of the file.
    const total = samples.bytesRead === undefined ? undefined : statSync(this.#file, { throwIfNoEntry: false })?.size
    const progress = new Progress(this.#io.terminal, total, () => ({ lines, bad: 0, bytes: samples.bytesRead ?? 0 }))
    this.#progress = progress
    try {
      for (const sample of samples) {
        yield sample
        lines++
        progress.tick()
      }
    } finally {
      progress.end()
    }
  }
}
