// The codecs of the JS engine. Output bytes are stable only within one engine and version; what they decompress to is
// the promise. native/core/src/compress.rs is the twin.

import { zlib, type Zlib } from '#runtime'
import { SidelaneError, type JsCompressor, type Profile } from '../../model/index.ts'
import { fflate } from './fflate.ts'

export type Compressor = (canonical: Uint8Array) => Uint8Array

export interface CompressorOptions {
  /** Of gzip, deflate and deflate-raw. Default: zlib, and fflate where there is none. */
  readonly jsCompressor?: JsCompressor | undefined
  /** The bytes of the contract's dictionary. */
  readonly dictionary?: Uint8Array | undefined
}

/** Throws `codec.unavailable`. */
export function createCompressor(
  { codec, level = 1 }: Profile['compress'],
  { jsCompressor, dictionary }: CompressorOptions = {},
): Compressor {
  switch (codec) {
    case 'gzip':
    case 'deflate':
    case 'deflate-raw': {
      const { gzip, deflate, deflateRaw } = jsCompressor === 'fflate' || zlib === undefined ? fflate : zlib
      if (jsCompressor === 'zlib' && zlib === undefined) throw unavailable(codec, 'zlib, which this runtime lacks')
      const write = { gzip, deflate, 'deflate-raw': deflateRaw }[codec]
      return (canonical) => write(canonical, level)
    }
    case 'none':
      // A copy: body and canonical bytes are the caller's, to keep or to overwrite one by one.
      return (canonical) => new Uint8Array(canonical)
    case 'brotli': {
      if (zlib === undefined) throw unavailable(codec, 'node:zlib, which this runtime lacks')
      const { brotli } = zlib
      return (canonical) => brotli(canonical, level)
    }
    case 'zstd':
      return createZstd(zlib, level, dictionary)
  }
}

function createZstd(zlib: Zlib | undefined, level: number, dictionary: Uint8Array | undefined): Compressor {
  if (zlib?.zstd === undefined) throw unavailable('zstd', 'node:zlib of Node ≥ 22.15, or the native engine')
  const { compress, takesDictionary } = zlib.zstd
  if (dictionary !== undefined && !takesDictionary) {
    throw unavailable('zstd', 'node:zlib of Node ≥ 22.19 or ≥ 24.6 for a dictionary, or the native engine')
  }
  return (canonical) => compress(canonical, level, dictionary)
}

const unavailable = (codec: string, needed: string): SidelaneError =>
  new SidelaneError('codec.unavailable', {
    message: `The js engine cannot write codec "${codec}" here: it takes ${needed}.`,
    params: { codec },
  })
