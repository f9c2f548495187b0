// The fingerprint of a digest key, by which both sides check that they hold the same key without sending it.

import { encodeUtf8, hmacSha256Hex } from '#runtime'

const text = encodeUtf8('sidelane key fingerprint 1')

/** The fingerprint of a contract without a key. */
export const noKeyFingerprint: string = '0'.repeat(32)

/** The key's fingerprint, 32 hex digits; zeros without a key. */
export const keyFingerprint = (key: Uint8Array | undefined): string =>
  key === undefined ? noKeyFingerprint : hmacSha256Hex(key, text).slice(0, 32)
