// Reads and writes the header of a frame: 24 bytes, eight numbers.

import { errorTable, isDataCode, outcomeCode } from '../model/index.ts'
import { readU16, readU32, writeU16, writeU32 } from '../util/byte-codec.ts'
import { headerBytes, kinds } from './constants.ts'

const highId = 2 ** 32

/** Writes a header. `id` is a safe integer; `a` and `b` are as in WIRE.md. */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  length: number,
  kind: number,
  flags: number,
  index: number,
  id: number,
  a: number,
  b: number,
): void {
  writeU32(target, offset, length)
  target[offset + 4] = kind
  target[offset + 5] = flags
  writeU16(target, offset + 6, index)
  writeU32(target, offset + 8, id >>> 0)
  writeU32(target, offset + 12, id < highId ? 0 : Math.floor(id / highId))
  writeU32(target, offset + 16, a)
  writeU32(target, offset + 20, b)
}

/**
 * Writes the header of a response at `offset`, for the outcome of `size` bytes at `offset + headerBytes`, with its kind and code. Times
 * are in µs.
 */
export function writeResponseHeader(
  target: Uint8Array,
  offset: number,
  size: number,
  id: number,
  queueUs: number,
  runUs: number,
): void {
  const code = outcomeCode(target, offset + headerBytes)
  const kind = code === undefined ? kinds.accepted : isDataCode(code) ? kinds.rejected : kinds.error
  writeFrameHeader(target, offset, size, kind, 0, code === undefined ? 0 : errorTable[code].wire, id, queueUs, runUs)
}

/** A header as numbers; one object is reused for many frames. */
export class FrameHeader {
  /** Length of the payload in bytes. */
  length = 0
  kind = 0
  flags = 0
  /** REQUEST: the contract's index. REJECTED, ERROR: the code's number. */
  index = 0
  /** Not exact beyond `Number.MAX_SAFE_INTEGER`, which the decoder rejects. */
  id = 0
  /** REQUEST: remaining time in ms. Responses: time in the queue in µs. */
  a = 0
  /** Responses: run time in µs. */
  b = 0

  read(bytes: Uint8Array, offset: number): void {
    this.length = readU32(bytes, offset)
    this.kind = bytes[offset + 4] as number
    this.flags = bytes[offset + 5] as number
    this.index = readU16(bytes, offset + 6)
    const high = readU32(bytes, offset + 12)
    const low = readU32(bytes, offset + 8)
    this.id = high === 0 ? low : high * highId + low
    this.a = readU32(bytes, offset + 16)
    this.b = readU32(bytes, offset + 20)
  }
}
