// Compression as an app does it today, with node:zlib, and the way back for the verification.

import * as zlib from 'node:zlib'
import type { Codec } from '../model/index.ts'

/** In Node from 22.15 on. */
const { zstdCompressSync } = zlib as { readonly zstdCompressSync?: (text: string, options: object) => Buffer }

type Compressor = (text: string) => Uint8Array

/** Undefined: this Node lacks the codec. */
export function compressorOf(codec: 'gzip', level: number | undefined): Compressor
export function compressorOf(codec: Codec, level: number | undefined): Compressor | undefined
export function compressorOf(codec: Codec, level: number | undefined): Compressor | undefined {
  const options = { level: level ?? 1 }
  switch (codec) {
    case 'gzip':
      return (text) => zlib.gzipSync(text, options)
    case 'deflate':
      return (text) => zlib.deflateSync(text, options)
    case 'deflate-raw':
      return (text) => zlib.deflateRawSync(text, options)
    case 'brotli': {
      const params = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: level ?? 1 } }
      return (text) => zlib.brotliCompressSync(text, params)
    }
    case 'zstd': {
      if (zstdCompressSync === undefined) return undefined
      const { ZSTD_c_compressionLevel: parameter = 100 } = zlib.constants as {
        readonly ZSTD_c_compressionLevel?: number
      }
      const params = { params: { [parameter]: level ?? 1 } }
      return (text) => zstdCompressSync(text, params)
    }
    case 'none':
      return (text) => Buffer.from(text)
  }
}

/** The content of a body. */
export async function contentOf(
  body: Uint8Array,
  codec: Codec,
  dictionary: Uint8Array | undefined,
): Promise<Uint8Array> {
  switch (codec) {
    case 'gzip':
      return zlib.gunzipSync(body)
    case 'deflate':
      return zlib.inflateSync(body)
    case 'deflate-raw':
      return zlib.inflateRawSync(body)
    case 'brotli':
      return zlib.brotliDecompressSync(body)
    case 'zstd': {
      // Not every Node has it. Loaded here only: the process of today's way does without the engines.
      const { decompress } = await import('../engine/index.ts')
      return decompress(body, codec, { maxBytes: 2 ** 31 - 1, dictionary })
    }
    case 'none':
      return body
  }
}

/** gzip level 1, the measure of every body's size. */
export const gzipSize = (text: string): number => zlib.gzipSync(text, { level: 1 }).length
