// The key of a call: what the app says, or the payload itself. Bytes, their text, and a value that is written as the same text
// have the same key.

import { payloadBytes } from '../engine/index.ts'
import type { Call, Contract } from '../model/index.ts'
import { positionOfAscii, positionOfBytes, positionOfText } from '../policies/index.ts'
import { ignoreRejection } from '../util/operator-events.ts'
import { encodeUtf8, utf8Length } from '#runtime'

/** Throws where there is no key. */
export function positionBy(
  key: ((payload: never) => string) | undefined,
  { name, profile }: Contract,
): (call: Call) => number {
  // Without it the same keys would go first in every contract.
  const salt = Math.floor(positionOfText(name) * 2 ** 32)
  if (key !== undefined) {
    return ({ payload }) => {
      const text: unknown = key(payload as never)
      if (typeof text !== 'string') {
        ignoreRejection(text)
        throw new TypeError(`Expected \`key\` to return a text, got ${typeof text}`)
      }
      return positionOfText(text, salt)
    }
  }
  return ({ payload }) => {
    if (payload instanceof Uint8Array) return positionOfBytes(payload, salt)
    if (typeof payload === 'string') {
      // As many bytes as characters: only ASCII has one byte for each.
      if (utf8Length(payload) === payload.length) return positionOfAscii(payload, salt)
      return positionOfBytes(encodeUtf8(payload), salt)
    }
    const bytes = payloadBytes(payload, profile)
    // Old code may accept what is not written as JSON, such as a BigInt.
    if ('ok' in bytes) throw new TypeError('The value has no JSON form to make a key of')
    return positionOfBytes(bytes, salt)
  }
}
