// The digest of the canonical bytes. native/core/src/digest.rs is the twin.

import { invalidOptions, minKeyBytes, type DigestName } from '../../model/index.ts'
import { hmacSha256Hex, sha256Hex } from '#runtime'
import { isBytes } from '../../util/typed-array.ts'

export type Digester = (canonical: Uint8Array) => string | null

/** Throws `options.invalid` when HMAC lacks its key. The key is copied, because the caller may wipe it. */
export function createDigester(name: DigestName, key: Uint8Array | undefined): Digester {
  switch (name) {
    case 'none':
      return () => null
    case 'sha-256':
      return sha256Hex
    case 'hmac-sha-256': {
      if (!isBytes(key) || key.length < minKeyBytes) {
        throw invalidOptions(`Expected \`digestKey\` to be at least ${minKeyBytes} bytes for digest "hmac-sha-256".`)
      }
      const own = new Uint8Array(key)
      return (canonical) => hmacSha256Hex(own, canonical)
    }
  }
}
