// Sample payloads in a file: a payload a line, a JSON array of them, or one. Lines are read piece by piece, as often as
// the reader starts anew, so that a file may be larger than memory.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

export interface Samples extends Iterable<Uint8Array> {
  /** Where the latest sample stands: `line 12`, or `item 3`. */
  where(): string
  /** Bytes read since the iterator started. */
  bytesRead(): number
}

const pieceBytes = 1 << 18
const lineFeed = 0x0a

/** `.ndjson` and `.jsonl` hold lines. Any other file holds one JSON text; if it is none, it holds lines too. */
export function openSamples(file: string): Samples {
  if (/\.(?:ndjson|jsonl)$/.test(file)) return new LineSamples(file)
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return Array.isArray(value) && value.length > 0 ? new ItemSamples(value) : new WholeSample(file)
  } catch (error) {
    if (error instanceof SyntaxError) return new LineSamples(file)
    throw error
  }
}

class LineSamples implements Samples {
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
    this.#line = 0
    this.#bytes = 0
    const descriptor = openSync(this.#file, 'r')
    try {
      let open: Uint8Array[] = []
      for (;;) {
        const piece = new Uint8Array(pieceBytes)
        const size = readSync(descriptor, piece)
        this.#bytes += size
        let from = 0
        for (let end = piece.indexOf(lineFeed); end >= 0 && end < size; end = piece.indexOf(lineFeed, from)) {
          yield* this.#sample([...open, piece.subarray(from, end)])
          open = []
          from = end + 1
        }
        if (from < size) open.push(piece.subarray(from, size))
        if (size > 0) continue
        if (open.length > 0) yield* this.#sample(open)
        return
      }
    } finally {
      closeSync(descriptor)
    }
  }

  /** The line, unless there is nothing on it. */
  *#sample(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
    this.#line++
    const line = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    if (line.some((byte) => byte > 0x20)) yield line
  }
}

class ItemSamples implements Samples {
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

class WholeSample implements Samples {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  where(): string {
    return 'the file'
  }

  bytesRead(): number {
    return 0
  }

  *[Symbol.iterator](): Iterator<Uint8Array> {
    yield readFileSync(this.#file)
  }
}
