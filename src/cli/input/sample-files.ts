// Reads sample payloads from a file or stdin, in the forms that `process` reads.

import { closeSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { FileError, openRegularFileSync, readRegularFileSync, toFileError } from '../../runtime/regular-file.ts'
import { fileKinds, fileTexts } from '../../tables/file-kinds.ts'
import { fillTemplate } from '../../util/fill-template.ts'
import { decodeFile, isEncoded, markBytesOf } from './decode-input.ts'
import { PayloadSplitter, type InputPayload } from './payload-splitter.ts'
import type { Place } from './place.ts'

const chunkBytes = 1 << 18
/** No contract exists yet: only what a file of one JSON text may have bounds a sample, and what is decompressed. */
const maxSampleBytes = fileKinds.samples.maxBytes

/**
 * One payload a line, the items of a JSON array, or JSON values over several lines. In a file of lines by its name
 * (`.ndjson`, `.jsonl`) a line may be an array. Compressed files and UTF-16 are decoded in memory. Throws FileError.
 */
export function openSamples(file: string): SampleSource {
  const isWhole = isEncoded(headOf(file))
  return new SampleSource(file, isWhole ? decodeFile(file, 'samples', readRegularFileSync(file, 'samples')) : undefined)
}

/** The same of stdin, in memory. Rejects with FileError. */
export async function readSamples(input: Readable): Promise<SampleSource> {
  const file = 'stdin'
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxSampleBytes)
        throw new FileError(file, 'samples', 'too_large', fillTemplate(fileTexts.tooLarge, { limit: maxSampleBytes }))
    }
  } catch (error) {
    throw toFileError(file, 'samples', error)
  }
  return new SampleSource(file, decodeFile(file, 'samples', new Uint8Array(Buffer.concat(chunks))))
}

/** Can be iterated several times. A file is read in chunks each time, so it may be larger than memory. */
export class SampleSource implements Iterable<Uint8Array> {
  /** The file, or `stdin`. */
  readonly name: string
  /** Where the latest sample is. */
  place: Place = { line: 1 }
  /** Bytes read since the iterator started; undefined: the whole file was read at once. */
  bytesRead: number | undefined
  /** The content, where it is not read from the file. */
  readonly #content: Uint8Array | undefined

  constructor(file: string, content: Uint8Array | undefined) {
    this.name = file
    this.#content = content
    if (content === undefined) this.bytesRead = 0
  }

  /** The samples are not read from the file: it was decoded, or is stdin. */
  get isInMemory(): boolean {
    return this.#content !== undefined
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    const splitter = new PayloadSplitter({
      form: 'auto',
      maxBytes: maxSampleBytes,
      acceptsArrays: /\.(?:ndjson|jsonl)(?:\.\w+)?$/.test(this.name),
      note: () => undefined,
    })
    if (this.#content === undefined) yield* this.#read(splitter)
    else yield* this.#give(splitter.split(this.#content))
    yield* this.#give(splitter.end())
  }

  *#read(splitter: PayloadSplitter): Generator<Uint8Array, void, undefined> {
    const descriptor = openRegularFileSync(this.name, 'samples')
    let bytes = 0
    try {
      for (;;) {
        // The splitter returns views on a chunk, so each chunk has memory of its own.
        const chunk = new Uint8Array(chunkBytes)
        const size = readSync(descriptor, chunk)
        if (size === 0) return
        const from = bytes === 0 ? markBytesOf(chunk.subarray(0, size)) : 0
        this.bytesRead = bytes += size
        yield* this.#give(splitter.split(chunk.subarray(from, size)))
        // At once: a sparse file may have no end of the line.
        if (splitter.isTooLong) throw this.#tooLong()
      }
    } finally {
      closeSync(descriptor)
    }
  }

  *#give(found: Iterable<InputPayload>): Generator<Uint8Array, void, undefined> {
    for (const { number, item, payload } of found) {
      this.place = { line: number, item }
      if (payload instanceof Uint8Array) yield payload
      else if (payload.code === 'limit.bytes') throw this.#tooLong()
      // What an array misses is a sample that is no JSON.
      else yield noBytes
    }
  }

  #tooLong(): FileError {
    return new FileError(this.name, 'samples', 'too_large', `a sample has more than ${maxSampleBytes} bytes`)
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
