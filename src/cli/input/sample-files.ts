// Reads sample payloads from a file, in the forms that `process` reads.

import { closeSync, readSync } from 'node:fs'
import { FileError, openRegularFileSync, readRegularFileSync } from '../../runtime/regular-file.ts'
import { fileKinds } from '../../tables/file-kinds.ts'
import { decodeBytes, isEncoded } from './decode-input.ts'
import { PayloadSplitter, type InputPayload } from './payload-splitter.ts'

const chunkBytes = 1 << 18
/** No contract exists yet: only what a file of one JSON text may have bounds a sample, and what is decompressed. */
const maxSampleBytes = fileKinds.samples.maxBytes

/**
 * One payload a line, the items of a JSON array, or JSON values over several lines. In a file of lines by its name
 * (`.ndjson`, `.jsonl`) a line may be an array. Compressed files and UTF-16 are decoded in memory. Throws FileError.
 */
export function openSamples(file: string): SampleSource {
  return isEncoded(headOf(file)) ? new SampleSource(file, decoded(file)) : new SampleSource(file, undefined)
}

/** Can be iterated several times. A file is read in chunks each time, so it may be larger than memory. */
export class SampleSource implements Iterable<Uint8Array> {
  /** The position of the latest sample: `line 12`, or `item 3, line 12`. */
  where = ''
  /** Bytes read since the iterator started; undefined: the whole file was read at once. */
  bytesRead: number | undefined
  readonly #file: string
  /** The content, where it is not read from the file. */
  readonly #content: Uint8Array | undefined

  constructor(file: string, content: Uint8Array | undefined) {
    this.#file = file
    this.#content = content
    if (content === undefined) this.bytesRead = 0
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    const splitter = new PayloadSplitter({
      form: 'auto',
      maxBytes: maxSampleBytes,
      acceptsArrays: /\.(?:ndjson|jsonl)(?:\.\w+)?$/.test(this.#file),
      note: () => undefined,
    })
    if (this.#content === undefined) yield* this.#read(splitter)
    else yield* this.#give(splitter.split(this.#content))
    yield* this.#give(splitter.end())
  }

  *#read(splitter: PayloadSplitter): Generator<Uint8Array, void, undefined> {
    const descriptor = openRegularFileSync(this.#file, 'samples')
    let bytes = 0
    try {
      for (;;) {
        // The splitter returns views on a chunk, so each chunk has memory of its own.
        const chunk = new Uint8Array(chunkBytes)
        const size = readSync(descriptor, chunk)
        if (size === 0) return
        this.bytesRead = bytes += size
        yield* this.#give(splitter.split(chunk.subarray(0, size)))
        // At once: a sparse file may have no end of the line.
        if (splitter.isTooLong) throw this.#tooLong()
      }
    } finally {
      closeSync(descriptor)
    }
  }

  *#give(found: Iterable<InputPayload>): Generator<Uint8Array, void, undefined> {
    for (const { number, item, payload } of found) {
      this.where = item === undefined ? `line ${number}` : `item ${item}, line ${number}`
      if (payload instanceof Uint8Array) yield payload
      else if (payload.code === 'limit.bytes') throw this.#tooLong()
      // What an array misses is a sample that is no JSON.
      else yield noBytes
    }
  }

  #tooLong(): FileError {
    return new FileError(this.#file, 'samples', 'too_large', `a sample has more than ${maxSampleBytes} bytes`)
  }
}

const noBytes = new Uint8Array(0)

/** The first bytes. What cannot be read is reported before the first sample. */
function headOf(file: string): Uint8Array {
  const descriptor = openRegularFileSync(file, 'samples')
  try {
    const head = new Uint8Array(4)
    return head.subarray(0, readSync(descriptor, head))
  } finally {
    closeSync(descriptor)
  }
}

function decoded(file: string): Uint8Array {
  try {
    return decodeBytes(readRegularFileSync(file, 'samples'), maxSampleBytes)
  } catch (error) {
    if (error instanceof FileError) throw error
    throw new FileError(file, 'samples', 'encoding', (error as Error).message, { cause: error })
  }
}
