// Checks a compressed body against its digest.

import { SidelaneError, type Accepted } from '../model/index.ts'
import { decompress, type DecompressOptions } from './decompress.ts'
import { hmacSha256Hex, sha256Hex } from '#runtime'

/** The fields of an accepted outcome that `verify` checks, for example read back from a store. */
export type Verifiable = Pick<Accepted, 'body' | 'codec' | 'digest'>

/** Options of `verify`. */
export interface VerifyOptions {
  /** Largest canonical form, in bytes. Default 67,108,864 (64 MiB). */
  readonly maxBytes?: number
  /** The contract's zstd dictionary, if any. */
  readonly dictionary?: Uint8Array
}

const defaultMaxBytes = 67_108_864
const minKeyBytes = 16
const hexDigest = /^[0-9a-f]{64}$/

/**
 * True when the body decompresses, without damage, to bytes with this digest: HMAC-SHA-256 with a key, SHA-256 without.
 * The comparison takes constant time. Also false for a damaged body and for a missing digest.
 *
 * Throws `limit.output` for a body that grows beyond `maxBytes`, `codec.unavailable`, and `options.invalid` for a key
 * of less than 16 bytes.
 */
export function verify({ body, codec, digest }: Verifiable, key?: Uint8Array, options: VerifyOptions = {}): boolean {
  if (key !== undefined && !(key instanceof Uint8Array && key.length >= minKeyBytes)) {
    throw new SidelaneError('options.invalid', {
      message: `Expected \`key\` to be a Uint8Array of at least ${minKeyBytes} bytes`,
    })
  }
  if (typeof digest !== 'string' || !hexDigest.test(digest)) return false
  const { maxBytes = defaultMaxBytes, dictionary } = options
  const limits: DecompressOptions = { maxBytes, ...(dictionary !== undefined && { dictionary }) }
  let canonical: Uint8Array
  try {
    canonical = decompress(body, codec, limits)
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
