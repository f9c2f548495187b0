// A result as Redis has it. Nothing of it is used before its size and its checksum are those of this key and these bytes: that
// finds damage and values of others. It is no signature: who may write to the Redis can make a value that is accepted.
//
//   0  "SLRC"      4  version      8  size of the outcome, u32      12  checksum, 16 bytes      28  the outcome

import { createHash } from 'node:crypto'
import { encodeOutcome, type Outcome, type SharedQuery } from '../model/index.ts'
import { readStoredOutcome } from '../wire/index.ts'

const magic = 0x43524c53
/** Of this layout, and of the layout of outcomes. */
const version = 1
const sizeAt = 8
const checksumAt = 12
const headBytes = 28
/** A rejection is text: most of them fit. */
const rejectedBytes = 4096

/** undefined: it is larger than `maxBytes`. */
export function encodeValue(key: string, outcome: Outcome, maxBytes: number): Buffer | undefined {
  let value = Buffer.allocUnsafe(Math.min(maxBytes, headBytes + leastSize(outcome)))
  let size = encodeOutcome(outcome, value, headBytes)
  if (size < 0 && headBytes - size <= maxBytes) {
    value = Buffer.allocUnsafe(headBytes - size)
    size = encodeOutcome(outcome, value, headBytes)
  }
  if (size < 0) return undefined
  value = value.subarray(0, headBytes + size)
  value.writeUInt32LE(magic, 0)
  value.writeUInt32LE(version, 4)
  value.writeUInt32LE(size, sizeAt)
  checksum(key, value).copy(value, checksumAt, 0, headBytes - checksumAt)
  return value
}

/** undefined: the value is damaged, or none of this key. */
export function decodeValue(key: string, value: Buffer, query: SharedQuery): Outcome | undefined {
  if (value.length < headBytes || value.readUInt32LE(0) !== magic || value.readUInt32LE(4) !== version) return undefined
  if (value.readUInt32LE(sizeAt) !== value.length - headBytes) return undefined
  if (checksum(key, value).compare(value, checksumAt, headBytes, 0, headBytes - checksumAt) !== 0) return undefined
  return readStoredOutcome(value.subarray(headBytes), query)
}

/** Over the key, the head and the outcome. */
const checksum = (key: string, value: Buffer): Buffer =>
  createHash('sha256').update(key).update(value.subarray(0, checksumAt)).update(value.subarray(headBytes)).digest()

function leastSize(outcome: Outcome): number {
  if (!outcome.ok) return rejectedBytes
  return (
    64 + outcome.body.length + ('canonical' in outcome ? (outcome as { canonical: Uint8Array }).canonical.length : 0)
  )
}
