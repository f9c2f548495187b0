// Turns a caller's input (bytes, JSON text, a value) into payload bytes, or a rejection.

import { rejectedBy, type Limits, type Rejected } from '../model/index.ts'
import { encodeValue, checkText } from '../json/index.ts'
import { encodeUtf8 } from '#runtime'

/** The bytes of a payload. A string is JSON text; anything else but bytes is a value. */
export function payloadBytes(payload: unknown, limits: Limits): Uint8Array | Rejected {
  if (typeof payload === 'string') return textRejection(payload, limits) ?? encodeUtf8(payload)
  if (isUint8Array(payload)) return ownBytes(payload)
  const encoded = encodeValue(payload, limits)
  return encoded.ok ? encoded.bytes : rejectedBy(encoded)
}

/** The rejection of a text that has no valid UTF-8 form or is too long; undefined for others. */
export function textRejection(text: string, { maxBytes }: Limits): Rejected | undefined {
  const error = checkText(text, maxBytes)
  return error && rejectedBy(error)
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype)

/** True for a Buffer and for arrays of other realms too, false for lookalikes. */
const isUint8Array = (payload: unknown): payload is Uint8Array =>
  Reflect.get(typedArray, Symbol.toStringTag, payload) === 'Uint8Array'

const noBytes = new Uint8Array(0)

/**
 * Copies shared bytes, which another thread could change between two stages, and bytes of another realm (a vm context,
 * as in test runners), so that later code may rely on `instanceof Uint8Array`. Transferred bytes have length 0 but make
 * many functions throw, so they are replaced.
 */
function ownBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return noBytes
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
}
