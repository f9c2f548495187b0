// Samples that are read with a progress line on a terminal.

import { statSync } from 'node:fs'
import { formatCount } from '../format-units.ts'
import type { Io } from '../io.ts'
import { Progress } from '../progress.ts'
import { placeText, type Place } from './place.ts'
import type { SampleSource } from './sample-files.ts'

const maxReported = 20

/** Can be iterated several times. Throws FileError. */
export class WatchedSamples implements Iterable<Uint8Array> {
  readonly #samples: SampleSource
  readonly #io: Io
  #progress: Progress | undefined
  #reported = 0

  constructor(samples: SampleSource, io: Io) {
    this.#samples = samples
    this.#io = io
  }

  /** Where the latest sample is. */
  get place(): Place {
    return this.#samples.place
  }

  /** Tells what is wrong with the latest sample. Of many samples only the first are told. */
  report(text: string): void {
    if (++this.#reported > maxReported) return
    this.#progress?.clear()
    this.#io.log(`${placeText(this.place)}: ${text}`)
  }

  /** The result of `read`, which reports on samples. Then tells how many more there were, also where it throws. */
  withReports<T>(read: () => T): T {
    try {
      return read()
    } finally {
      if (this.#reported > maxReported) this.#io.log(`and ${formatCount(this.#reported - maxReported)} more`)
    }
  }

  /** Reading is synchronous, so no timer draws the line. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    const samples = this.#samples
    let lines = 0
    // Samples that are not read in chunks have no known share of the file.
    const total = samples.bytesRead === undefined ? undefined : statSync(samples.name, { throwIfNoEntry: false })?.size
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
