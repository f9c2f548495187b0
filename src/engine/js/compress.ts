// The codecs of the JS engine. Only the decompressed bytes are guaranteed: the compressed ones differ between engines
// and versions. native/core/src/compress is the twin.

import { deflateSync, gzipSync, zlibSync, type DeflateOptions } from 'fflate'
import { zlib, type Compress, type Zlib } from '#runtime'
import { refusedDictionary } from '../../contract/index.ts'
import { SidelaneError, type JsCompressor, type Profile } from '../../model/index.ts'
import { maxSmall, small } from './deflate/index.ts'

export interface CompressorOptions {
  /** Of gzip, deflate and deflate-raw. Default: ./deflate for small payloads at level 1; else zlib, and fflate where there is none. */
  readonly jsCompressor?: JsCompressor | undefined
  /** The bytes of the contract's dictionary. */
  readonly dictionary?: Uint8Array | undefined
}

/** About how long a codec takes for a byte, in ns, on a core of 2020. native/core/src/compress has the twin. */
export function compressNanos({ codec, level = 1 }: Profile['compress']): number {
  switch (codec) {
    case 'none':
      return 1
    case 'gzip':
    case 'deflate':
    case 'deflate-raw':
      return level <= 3 ? 20 : level <= 6 ? 50 : 100
    case 'zstd':
      return level <= 4 ? 6 : level <= 12 ? 60 : 600
    case 'brotli':
      return level <= 4 ? 15 : level <= 9 ? 60 : 1200
  }
}

/** Throws `codec.unavailable`, and `contract.invalid` for a damaged dictionary. */
export function createCompressor(
  { codec, level = 1 }: Profile['compress'],
  { jsCompressor, dictionary }: CompressorOptions = {},
): Compress {
  switch (codec) {
    case 'gzip':
    case 'deflate':
    case 'deflate-raw': {
      const { gzip, deflate, deflateRaw } = jsCompressor === 'fflate' || zlib === undefined ? fflate : zlib
      if (jsCompressor === 'zlib' && zlib === undefined) throw unavailable(codec, 'zlib, which this runtime lacks')
      const write = { gzip, deflate, 'deflate-raw': deflateRaw }[codec](level)
      if (jsCompressor !== undefined || level !== 1) return write
      const writeSmall = { gzip: small.gzip, deflate: small.deflate, 'deflate-raw': small.deflateRaw }[codec]
      return (bytes) => (bytes.length <= maxSmall ? writeSmall(bytes) : write(bytes))
    }
    case 'none':
      // A copy, because the caller may overwrite the body and the canonical bytes separately.
      return (canonical) => new Uint8Array(canonical)
    case 'brotli': {
      if (zlib === undefined) throw unavailable(codec, 'node:zlib, which this runtime lacks')
      return zlib.brotli(level)
    }
    case 'zstd':
      return createZstd(zlib, level, dictionary)
  }
}

function createZstd(zlib: Zlib | undefined, level: number, dictionary: Uint8Array | undefined): Compress {
  if (zlib?.zstd === undefined) throw unavailable('zstd', 'node:zlib of Node ≥ 22.15, or the native engine')
  const { compress, takesDictionary } = zlib.zstd
  if (dictionary !== undefined && !takesDictionary) {
    throw unavailable('zstd', 'node:zlib of Node ≥ 22.19 or ≥ 24.6 for a dictionary, or the native engine')
  }
  const write = compress(level, dictionary)
  if (dictionary !== undefined) expectAccepted(write)
  return write
}

/** zstd reads a dictionary with each frame: a damaged one would fail every payload. */
function expectAccepted(write: Compress): void {
  try {
    write(new Uint8Array(1))
  } catch {
    throw refusedDictionary()
  }
}

const unavailable = (codec: string, needed: string): SidelaneError =>
  new SidelaneError('codec.unavailable', {
    message: `The js engine cannot write codec "${codec}" here: it needs ${needed}.`,
    params: { codec },
  })

/**
 * By fflate: the option `jsCompressor: 'fflate'`, and runtimes without zlib. The same formats and gzip header as
 * zlib's.
 */
const fflate: Pick<Zlib, 'gzip' | 'deflate' | 'deflateRaw'> = {
  gzip: (level) => (bytes) => {
    const body = gzipSync(bytes, { level: levelFor(level, bytes), mtime: 0 })
    body[9] = 255
    return body
  },
  deflate: (level) => (bytes) => zlibSync(bytes, { level: levelFor(level, bytes) }),
  deflateRaw: (level) => (bytes) => deflateSync(bytes, { level: levelFor(level, bytes) }),
}

/** Most bytes of a stored block (RFC 1951, 3.2.4). */
const storedBlock = 65_535

/**
 * A lock's level is an integer from 0 to 9. At level 0 fflate 0.8.3 writes a second last block, which makes the body
 * unreadable, when the last block is full.
 */
function levelFor(level: number, { length }: Uint8Array): NonNullable<DeflateOptions['level']> {
  const isUnreadable = level === 0 && length > 0 && length % storedBlock === 0
  return (isUnreadable ? 1 : level) as NonNullable<DeflateOptions['level']>
}
