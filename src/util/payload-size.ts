// The size of a payload before it is read.

import { isArrayBuffer } from './array-buffer.ts'

/**
 * A text has at least as many bytes as UTF-16 units; 0: a value, whose size is not known before it is written, or a whole buffer,
 * which takes longer to tell from a value.
 */
export function leastBytes(payload: unknown): number {
  if (typeof payload === 'string') return payload.length
  // Does not access a proxy, and accepts the arrays of other realms.
  return ArrayBuffer.isView(payload) ? bytesOfView(payload) : 0
}

/** Size of bytes of each kind that docs/placements.md names; undefined: it is text or a value. */
export function sizeOfBytes(payload: unknown): number | undefined {
  if (ArrayBuffer.isView(payload)) return bytesOfView(payload)
  return isArrayBuffer(payload) ? payload.byteLength : undefined
}

function bytesOfView(view: ArrayBufferView): number {
  try {
    return view.byteLength
  } catch {
    // A DataView whose buffer was transferred: who reads it refuses it.
    return 0
  }
}
