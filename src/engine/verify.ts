// Checks a compressed body against its digest.

import { check, invalidOptions, minKeyBytes, SidelaneError, type Accepted } from '../model/index.ts'
import { decompress, decompressRules } from './decompress.ts'
import { hmacSha256Hex, sha256Hex } from '#runtime'
import { isBytes } from '../util/typed-array.ts'

/** The fields of an accepted outcome that `verify` checks, for example read back from a store. */
export type Verifiable = Pick<Accepted, 'body' | 'codec' | 'digest'>

/** Options of `verify`. */
export interface VerifyOptions {
  /** Largest canonical form, in bytes. Default 67,108,864 (64 MiB). */
  readonly maxBytes?: number | undefined
  /** The contract's zstd dictionary, if any. */
  readonly dictionary?: Uint8Array | undefined
}

const defaultMaxBytes = 67_108_864
const hexDigest = /^[0-9a-f]{64}$/

/**
 * True when the body decompresses, without damage, to bytes with this digest: HMAC-SHA-256 with a key, SHA-256 without.
 * The comparison takes constant time. Also false for a damaged body and for a missing digest.
 *
 * Throws `limit.output` for a body that grows beyond `maxBytes`, `codec.unavailable`, and `options.invalid`, also for a
 * key of less than 16 bytes.
 */
export function verify({ body, codec, digest }: Verifiable, key?: Uint8Array, options: VerifyOptions = {}): boolean {
  if (key !== undefined && !(isBytes(key) && key.length >= minKeyBytes)) {
    throw invalidOptions(`Expected \`key\` to be a Uint8Array of at least ${minKeyBytes} bytes`)
  }
  check('verify', options, decompressRules)
  if (typeof digest !== 'string' || !hexDigest.test(digest)) return false
  const { maxBytes = defaultMaxBytes, dictionary } = options
  let canonical: Uint8Array
  try {
    canonical = decompress(body, codec, { maxBytes, dictionary })
  } catch (error) {
    if (error instanceof SidelaneError && error.code === 'codec.corrupt') return false
    throw error
  }
  return equal(digest, key === undefined ? sha256Hex(canonical) : hmacSha256Hex(key, canonical))
}

/** Compares in constant time. Both have 64 characters. */
function equal(left: string, right: string): boolean {
  let difference = 0
  for (let i = 0; i < left.length; i++) difference |= left.charCodeAt(i) ^ right.charCodeAt(i)
  return difference === 0
}
