// Reads sample payloads from a file: one payload a line, a JSON array of payloads, or one payload.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { isBlank, LineSplitter } from '../ndjson/index.ts'

/** Can be iterated several times. A file of lines is read in chunks each time, so it may be larger than memory. */
export interface SampleSource extends Iterable<Uint8Array> {
  /** The position of the latest sample: `line 12`, or `item 3`. */
  where(): string
  /** Bytes read since the iterator started. */
  bytesRead(): number
}

const chunkBytes = 1 << 18
/** No contract exists yet, so no limit applies. The splitter adds 1 to this number. */
const maxLineBytes = Number.MAX_SAFE_INTEGER - 1

/** `.ndjson` and `.jsonl` hold lines. Any other file holds one JSON text, or lines where it is not valid JSON. */
export function openSamples(file: string): SampleSource {
  if (/\.(?:ndjson|jsonl)$/.test(file)) return new LineSamples(file)
  const bytes = readFileSync(file)
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return Array.isArray(value) && value.length > 0 ? new ItemSamples(value) : new WholeFile(bytes)
  } catch (error) {
    if (error instanceof SyntaxError) return new LineSamples(file)
    throw error
  }
}

class LineSamples implements SampleSource {
  readonly #file: string
  #line = 0
  #bytes = 0

  constructor(file: string) {
    this.#file = file
  }

  where(): string {
    return `line ${this.#line}`
  }

  bytesRead(): number {
    return this.#bytes
  }

  *[Symbol.iterator](): Iterator<Uint8Array> {
    this.#bytes = 0
    const splitter = new LineSplitter(maxLineBytes)
    const descriptor = openSync(this.#file, 'r')
    try {
      for (let size = -1; size !== 0;) {
        // The splitter returns views on a chunk, so each chunk has memory of its own.
        const chunk = new Uint8Array(chunkBytes)
        size = readSync(descriptor, chunk)
        this.#bytes += size
        for (const line of size > 0 ? splitter.split(chunk.subarray(0, size)) : splitter.end()) {
          this.#line = line.number
          if (line.payload instanceof Uint8Array && !isBlank(line)) yield line.payload
        }
      }
    } finally {
      closeSync(descriptor)
    }
  }
}

class ItemSamples implements SampleSource {
  readonly #items: readonly unknown[]
  #item = 0

  constructor(items: readonly unknown[]) {
    this.#items = items
  }

  where(): string {
    return `item ${this.#item}`
  }

  bytesRead(): number {
    return 0
  }

  *[Symbol.iterator](): Iterator<Uint8Array> {
    this.#item = 0
    for (const item of this.#items) {
      this.#item++
      yield Buffer.from(JSON.stringify(item))
    }
  }
}

class WholeFile implements SampleSource {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  where(): string {
    return 'the file'
  }

  bytesRead(): number {
    return 0
  }

  [Symbol.iterator](): Iterator<Uint8Array> {
    return [this.#bytes].values()
  }
}
