// Turns a caller's input (bytes, JSON text, a value) into payload bytes, or a rejection.

import { invalidOptions, rejectedBy, rejectedSize, type Limits, type Profile, type Rejected } from '../model/index.ts'
import { encodeValue, checkText } from '../json/index.ts'
import { isArrayBuffer } from '../util/array-buffer.ts'
import { isBytes, typedArray, typedArrayName } from '../util/typed-array.ts'
import { encodeUtf8 } from '#runtime'

type InputRules = Pick<Profile, 'limits' | 'numbers'>

/**
 * The bytes of a payload. A string is JSON text; anything else but bytes is a value. Throws `options.invalid` for buffers
 * and views that hold no bytes of a payload.
 */
export function payloadBytes(payload: unknown, { limits, numbers }: InputRules): Uint8Array | Rejected {
  if (typeof payload === 'string') return textRejection(payload, limits) ?? encodeUtf8(payload)
  if (isBytes(payload)) return ownBytes(payload)
  const bytes = typeof payload === 'object' && payload !== null ? bytesOfBuffer(payload) : undefined
  if (bytes !== undefined) return bytes
  const encoded = encodeValue(payload, { ...limits, numbers })
  return encoded.ok ? encoded.bytes : rejectedBy(encoded)
}

/** The same; a rejection also for too many bytes, before anything copies them. */
export function boundedBytes(payload: unknown, rules: InputRules): Uint8Array | Rejected {
  const bytes = payloadBytes(payload, rules)
  const { maxBytes } = rules.limits
  return 'ok' in bytes || bytes.length <= maxBytes ? bytes : rejectedSize(maxBytes)
}

/** The rejection of a text that has no valid UTF-8 form or is too long; undefined for others. */
export function textRejection(text: string, { maxBytes }: Limits): Rejected | undefined {
  const error = checkText(text, maxBytes)
  return error && rejectedBy(error)
}

const noBytes = new Uint8Array(0)

/**
 * Copies shared bytes, which another thread could change between two stages, bytes of another realm (a vm context, as in
 * test runners), and those of an array that may not have the size it states, so that later code may rely on
 * `instanceof Uint8Array` and on its properties.
 */
function ownBytes(bytes: Uint8Array): Uint8Array {
  if (!isOrdinary(bytes)) return readBuffer(() => new Uint8Array(bytes))
  return bytes.length === 0 ? viewOf(bytes.buffer) && noBytes : bytes
}

const ordinaryPrototypes: ReadonlySet<unknown> = new Set([
  Uint8Array.prototype,
  ...(typeof Buffer === 'undefined' ? [] : [Buffer.prototype as unknown]),
])

const properties = ['length', 'byteLength', 'byteOffset', 'buffer'] as const

/** Unshared, of this realm, and with the properties that the language gives to it. */
function isOrdinary(bytes: Uint8Array): boolean {
  if (!ordinaryPrototypes.has(Object.getPrototypeOf(bytes))) return false
  for (const name of properties) if (Object.hasOwn(bytes, name)) return false
  const { buffer } = bytes
  return Object.getPrototypeOf(buffer) === ArrayBuffer.prototype && !Object.hasOwn(buffer, 'byteLength')
}

/** The bytes of an ArrayBuffer, a SharedArrayBuffer, a DataView or a view of bytes; undefined for other objects. */
function bytesOfBuffer(payload: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(payload)) {
    const name = typedArrayName(payload)
    if (name !== undefined && name !== 'Int8Array' && name !== 'Uint8ClampedArray') {
      throw invalidOptions(
        `Expected the payload to be bytes (a Uint8Array), JSON text or a value, got a ${name}: pass its items ` +
          'as an array, or its bytes as a Uint8Array',
      )
    }
    const prototype = name === undefined ? DataView.prototype : typedArray
    const read = (property: string): unknown => Reflect.get(prototype, property, payload)
    return ownBytes(
      readBuffer(
        () => new Uint8Array(read('buffer') as ArrayBuffer, read('byteOffset') as number, read('byteLength') as number),
      ),
    )
  }
  return isArrayBuffer(payload) ? ownBytes(viewOf(payload)) : undefined
}

/** All bytes of a buffer. */
const viewOf = (buffer: ArrayBufferLike): Uint8Array => readBuffer(() => new Uint8Array(buffer))

/** Throws `options.invalid` where `read` throws: the buffer was transferred, or has shrunk below the end of the view. */
function readBuffer(read: () => Uint8Array): Uint8Array {
  try {
    return read()
  } catch (cause) {
    const message =
      'Expected the payload to hold its bytes: its buffer is detached, because it was transferred, or has shrunk'
    throw Object.assign(invalidOptions(message), { cause })
  }
}
