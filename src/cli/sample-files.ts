// Reads sample payloads from a file: one payload a line, a JSON array of payloads, or one payload.

import { closeSync, readSync } from 'node:fs'
import { isBlank, LineSplitter } from '../ndjson/index.ts'
import { FileError, openRegularFileSync, readRegularFileSync } from '../runtime/regular-file.ts'
import { fileKinds } from '../tables/file-kinds.ts'

/** Can be iterated several times. A file of lines is read in chunks each time, so it may be larger than memory. */
export interface SampleSource extends Iterable<Uint8Array> {
  /** The position of the latest sample: `line 12`, or `item 3`. */
  where: string
  /** Bytes read since the iterator started; undefined: the whole file was read at once. */
  bytesRead: number | undefined
}

const chunkBytes = 1 << 18
/** No contract exists yet: only what a file of one JSON text may have bounds a line. */
const maxLineBytes = fileKinds.samples.maxBytes

/** `.ndjson` and `.jsonl` hold lines. Any other file holds one JSON text, or lines where it is not valid JSON. */
export function openSamples(file: string): SampleSource {
  if (/\.(?:ndjson|jsonl)$/.test(file)) return linesOf(file)
  try {
    const bytes = readRegularFileSync(file, 'samples')
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (Array.isArray(value) && value.length > 0) return itemsOf(value)
    return { where: 'the file', bytesRead: undefined, [Symbol.iterator]: () => [bytes].values() }
  } catch (error) {
    // Too large for one JSON text: the lines are read in chunks.
    if (error instanceof SyntaxError || (error instanceof FileError && error.code === 'too_large')) return linesOf(file)
    throw error
  }
}

const longLine = (file: string): FileError =>
  new FileError(file, 'samples', 'too_large', `a line has more than ${maxLineBytes} bytes`)

function linesOf(file: string): SampleSource {
  // What cannot be read is reported before the first sample.
  closeSync(openRegularFileSync(file, 'samples'))
  return {
    where: '',
    bytesRead: 0,
    *[Symbol.iterator]() {
      const splitter = new LineSplitter(maxLineBytes)
      let bytes = 0
      const descriptor = openRegularFileSync(file, 'samples')
      try {
        for (let size = -1; size !== 0;) {
          // The splitter returns views on a chunk, so each chunk has memory of its own.
          const chunk = new Uint8Array(chunkBytes)
          size = readSync(descriptor, chunk)
          this.bytesRead = bytes += size
          for (const line of size > 0 ? splitter.split(chunk.subarray(0, size)) : splitter.end()) {
            this.where = `line ${line.number}`
            if (!(line.payload instanceof Uint8Array)) throw longLine(file)
            if (!isBlank(line)) yield line.payload
          }
          // At once: a sparse file may have no end of the line.
          if (splitter.isTooLong) throw longLine(file)
        }
      } finally {
        closeSync(descriptor)
      }
    },
  }
}

const itemsOf = (items: readonly unknown[]): SampleSource => ({
  where: '',
  bytesRead: undefined,
  *[Symbol.iterator]() {
    for (const [i, item] of items.entries()) {
      this.where = `item ${i + 1}`
      yield Buffer.from(JSON.stringify(item))
    }
  },
})
