// The chunked body, sans I/O: bytes in, pieces of the body out, however they are cut. Extensions and trailers are checked,
// counted and forgotten.

import { malformed, tooLarge, type HttpFault } from './http-error.ts'
import { readField } from './request-head.ts'

const maxAsideBytes = 1024
// Longer than anything that is allowed: what has no end yet is not kept.
const maxLineBytes = 2048

const lf = 10
const cr = 13
const sizeLine = /^([0-9A-Fa-f]{1,8})(;[\t\x20-\x7e\x80-\xff]*)?$/

export class ChunkDecoder {
  #state: 'size' | 'data' | 'data-end' | 'trailer' = 'size'
  /** Bytes of the chunk that are still to come. */
  #left = 0
  #line = ''
  #extensionBytes = 0
  #trailerBytes = 0
  /** What was behind the body starts here, in the bytes that were pushed last. */
  end = 0

  /** Gives the body's bytes to `piece`. 'done': the body ended at `end`. */
  push(bytes: Uint8Array, piece: (bytes: Uint8Array) => void): 'more' | 'done' | HttpFault {
    let at = 0
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const size = Math.min(this.#left, bytes.length - at)
        piece(bytes.subarray(at, at + size))
        at += size
        this.#left -= size
        if (this.#left === 0) this.#state = 'data-end'
        continue
      }
      const stop = bytes.indexOf(lf, at)
      const until = stop === -1 ? bytes.length : stop
      // A line has nothing to do with what follows it: it is cut, whatever its size.
      this.#line += latin1(bytes, at, Math.min(until, at + maxLineBytes))
      at = until + 1
      if (stop === -1) return this.#unfinished() ?? 'more'
      if (!this.#line.endsWith('\r')) {
        return bytes[stop - 1] === cr ? this.#oversize() : malformed('A line of the body ends with a bare LF.')
      }
      const line = this.#line.slice(0, -1)
      this.#line = ''
      const verdict = this.#take(line)
      if (verdict === 'done') this.end = at
      if (verdict !== undefined) return verdict
    }
    return 'more'
  }

  /** A verdict on a line; undefined: on with the next one. */
  #take(line: string): 'done' | HttpFault | undefined {
    if (this.#state === 'data-end') {
      this.#state = 'size'
      return line === '' ? undefined : malformed('A chunk is longer than its size.')
    }
    if (this.#state === 'size') {
      const match = sizeLine.exec(line)
      if (match === null) return malformed('The size of a chunk is malformed.')
      this.#extensionBytes += match[2]?.length ?? 0
      if (this.#extensionBytes > maxAsideBytes) return this.#oversize()
      this.#left = Number.parseInt(match[1] as string, 16)
      this.#state = this.#left === 0 ? 'trailer' : 'data'
      return undefined
    }
    if (line === '') return 'done'
    this.#trailerBytes += line.length + 2
    if (this.#trailerBytes > maxAsideBytes) return this.#oversize()
    return readField(line) === undefined ? malformed('A trailer is malformed.') : undefined
  }

  /** What can be said of a line that has no end yet. */
  #unfinished(): HttpFault | undefined {
    const { length } = this.#line
    if (this.#state === 'data-end')
      return length > 1 || /^[^\r]/.test(this.#line) ? malformed('A chunk is longer than its size.') : undefined
    if (this.#state === 'size' && length > 9 && !/^[0-9A-Fa-f]{1,8}[;\r]/.test(this.#line)) {
      return malformed('The size of a chunk is malformed.')
    }
    const aside = this.#state === 'size' ? this.#extensionBytes : this.#trailerBytes
    return aside + length > maxAsideBytes + 16 ? this.#oversize() : undefined
  }

  #oversize(): HttpFault {
    return tooLarge(
      `${this.#state === 'trailer' ? 'The trailers have' : 'Chunk extensions have'} more than ${maxAsideBytes} bytes.`,
    )
  }
}

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
