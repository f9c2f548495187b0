// The codecs of the JS engine. Output bytes are stable only within one engine and version; what they decompress to is
// the promise. native/core/src/compress.rs is the twin.

import { SidelaneError, type Profile } from '../../contract/index.ts'
import { deflate, deflateRaw, gzip } from '../../runtime.ts'

export type Compressor = (canonical: Uint8Array) => Uint8Array

/** Throws `codec.unavailable`. */
export function createCompressor({ codec, level = 1 }: Profile['compress']): Compressor {
  switch (codec) {
    case 'gzip':
      return (canonical) => gzip(canonical, level)
    case 'deflate':
      return (canonical) => deflate(canonical, level)
    case 'deflate-raw':
      return (canonical) => deflateRaw(canonical, level)
    case 'none':
      // A copy: body and canonical bytes are the caller's, to keep or to overwrite one by one.
      return (canonical) => new Uint8Array(canonical)
    case 'zstd':
    case 'brotli':
      throw new SidelaneError('codec.unavailable', {
        message: `The js engine cannot write codec "${codec}" yet.`,
        params: { codec },
      })
  }
}
