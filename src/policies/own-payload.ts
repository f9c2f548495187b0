// A payload that is read again later: by a fallback, or by the other side of a rollout. The caller may change its bytes as soon
// as `process` has returned.

import type { Call, Layer, ReadContent } from '../model/index.ts'
import { isArrayBuffer } from '../util/array-buffer.ts'

/** Copies bytes that the caller holds too. Text is immutable; a value is serialized before, or stays the caller's. */
export function keepPayload(call: Call): void {
  if (call.ownsPayload) return
  call.ownsPayload = true
  call.payload = copyOfBytes(call.payload)
}

/**
 * Of the same type, because old code may call its methods: the copy of a Buffer is a Buffer. What cannot be copied, such as
 * bytes of a transferred buffer, stays as it is: its reader refuses it.
 */
function copyOfBytes(payload: unknown): unknown {
  try {
    if (!ArrayBuffer.isView(payload)) return isArrayBuffer(payload) ? payload.slice(0) : payload
    // The method of all typed arrays, which a DataView has not.
    if (!('getUint8' in payload)) return Uint8Array.prototype.slice.call(payload)
    const { buffer, byteOffset, byteLength } = payload
    return new DataView(buffer.slice(byteOffset, byteOffset + byteLength))
  } catch {
    return payload
  }
}

/** Serializes a value once for all paths: each of them gets text, or bytes. */
export const serializeValues =
  (bytesOf: ReadContent<Uint8Array>): Layer =>
  (inner) =>
  (call) => {
    if (typeof call.payload !== 'string') {
      const bytes = call.readPayload(bytesOf)
      if (bytes === undefined) return
      call.payload = bytes
    }
    inner(call)
  }
