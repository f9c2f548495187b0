// What a caller may hand in (bytes, JSON text, a value) becomes the bytes that every engine takes, or a rejection. The
// rules for the bytes themselves are the engines'.

import { rejectedBy, type Limits, type Rejected } from '../model/index.ts'
import { encodeValue, refuseText } from '../json/index.ts'
import { encodeUtf8 } from '#runtime'

/** The bytes of a payload. Bytes are handed through as they are; any string is JSON text, anything else a value. */
export function payloadBytes(payload: unknown, limits: Limits): Uint8Array | Rejected {
  if (typeof payload === 'string') return textRefusal(payload, limits) ?? encodeUtf8(payload)
  if (isUint8Array(payload)) return ownBytes(payload)
  const encoded = encodeValue(payload, limits)
  return encoded.ok ? encoded.bytes : rejectedBy(encoded)
}

/** What is wrong with a text before it has bytes; undefined: nothing. */
export function textRefusal(text: string, { maxBytes }: Limits): Rejected | undefined {
  const refusal = refuseText(text, maxBytes)
  return refusal && rejectedBy(refusal)
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype)

/** Also for a Buffer and for arrays of other realms, and for nothing that only looks like one. */
const isUint8Array = (payload: unknown): payload is Uint8Array =>
  Reflect.get(typedArray, Symbol.toStringTag, payload) === 'Uint8Array'

const noBytes = new Uint8Array(0)

/**
 * Another thread could change shared bytes between two stages: they are copied first. So are bytes of another realm, a
 * vm context as test runners use it: everything behind this gate may ask for `instanceof Uint8Array`. Bytes that their
 * owner has transferred away are none, but many a function throws for them.
 */
function ownBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return noBytes
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
}
