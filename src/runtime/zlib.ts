// Node's codecs, tuned for payloads of a few kilobytes. Part of the runtime; which codec a contract has, and what counts
// as damage, is the engines' business.

import type { Buffer } from 'node:buffer'
import * as node from 'node:zlib'

/** What reading a compressed body gave, and how much of the body it took. */
export interface Expanded {
  readonly bytes: Uint8Array
  readonly consumed: number
}

/** Expanding throws `ERR_BUFFER_TOO_LARGE` beyond `maxBytes`, and zlib's own errors for damage. */
export interface Zlib {
  /** RFC 1952 with mtime 0, no name and OS byte 255 (unknown): the same bytes on every platform. */
  readonly gzip: (bytes: Uint8Array, level: number) => Uint8Array
  /** The zlib wrapper, RFC 1950. */
  readonly deflate: (bytes: Uint8Array, level: number) => Uint8Array
  /** RFC 1951 without a wrapper. */
  readonly deflateRaw: (bytes: Uint8Array, level: number) => Uint8Array
  /** RFC 7932. */
  readonly brotli: (bytes: Uint8Array, level: number) => Uint8Array
  readonly inflate: (body: Uint8Array, maxBytes: number) => Expanded
  readonly inflateRaw: (body: Uint8Array, maxBytes: number) => Expanded
  readonly unbrotli: (body: Uint8Array, maxBytes: number) => Expanded
  readonly crc32: (bytes: Uint8Array) => number
  /** RFC 8878; undefined before Node 22.15. */
  readonly zstd: Zstd | undefined
}

export interface Zstd {
  /** False before Node 22.19 and 24.6, which would ignore a dictionary in silence. */
  readonly takesDictionary: boolean
  /** One frame with its content's size and a checksum. */
  readonly compress: (bytes: Uint8Array, level: number, dictionary?: Uint8Array) => Uint8Array
  /** `windowBits`: the largest window that the frame may ask for, in powers of two. Goes on to frames that follow. */
  readonly expand: (body: Uint8Array, maxBytes: number, windowBits: number, dictionary?: Uint8Array) => Expanded
}

/** The codecs that this Node has. */
export const createZlib = (): Zlib => ({
  gzip(bytes, level) {
    const body = plain(node.gzipSync(bytes, tuned(bytes.length, level)))
    body[9] = 255
    return body
  },
  deflate: (bytes, level) => plain(node.deflateSync(bytes, tuned(bytes.length, level))),
  deflateRaw: (bytes, level) => plain(node.deflateRawSync(bytes, tuned(bytes.length, level))),
  brotli: (bytes, level) => plain(node.brotliCompressSync(bytes, tunedBrotli(bytes.length, level))),
  inflate: (body, maxBytes) => expanded(node.inflateSync, body, { maxOutputLength: maxBytes }),
  inflateRaw: (body, maxBytes) => expanded(node.inflateRawSync, body, { maxOutputLength: maxBytes }),
  unbrotli: (body, maxBytes) => expanded(node.brotliDecompressSync, body, { maxOutputLength: maxBytes }),
  crc32: (bytes) => node.crc32(bytes),
  zstd: createZstd(node),
})

// zlib takes its output buffer and its tables anew for each call, so both follow the payload: at 4 KB that is a quarter
// of the time. The window loses no match as long as it holds the payload and zlib's look-ahead of 262 bytes.
function tuned(size: number, level: number): { level: number; chunkSize: number; windowBits: number } {
  return { level, chunkSize: outputGuess(size), windowBits: windowBitsFor(size + 262, 10, 15) }
}

/** A brotli window holds 16 bytes less than its power of two. */
function tunedBrotli(size: number, level: number): node.BrotliOptions {
  const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = node.constants
  return {
    chunkSize: outputGuess(size),
    params: {
      [BROTLI_PARAM_QUALITY]: level,
      [BROTLI_PARAM_LGWIN]: windowBitsFor(size + 16, 10, 22),
      [BROTLI_PARAM_SIZE_HINT]: size,
    },
  }
}

function windowBitsFor(size: number, least: number, most: number): number {
  let bits = least
  while (bits < most && 2 ** bits < size) bits++
  return bits
}

/** Room for the output in one buffer: JSON shrinks to less than half, and what does not costs one more buffer. */
const outputGuess = (size: number): number => Math.min(256 + (size >>> 1), 256 * 1024)

/** With `info` the synchronous functions say how much of the input they took. */
type Expand<O> = (body: Uint8Array, options: O & { info: true }) => unknown

function expanded<O>(expand: Expand<O>, body: Uint8Array, options: O): Expanded {
  const { buffer, engine } = expand(body, { ...options, info: true }) as {
    readonly buffer: Buffer
    readonly engine: { readonly bytesWritten: number }
  }
  return { bytes: plain(buffer), consumed: engine.bytesWritten }
}

/** What the types of the oldest supported Node do not know. */
interface NodeZstd {
  readonly constants: Readonly<Record<string, number>>
  readonly zstdCompressSync?: (bytes: Uint8Array, options: ZstdOptions) => Buffer
  readonly zstdDecompressSync?: (body: Uint8Array, options: ZstdOptions & { info: true }) => Buffer
}

interface ZstdOptions {
  readonly params: Readonly<Record<number, number>>
  readonly chunkSize?: number
  readonly maxOutputLength?: number
  readonly dictionary?: Uint8Array
}

function createZstd({ constants, zstdCompressSync, zstdDecompressSync }: NodeZstd): Zstd | undefined {
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined
  const level = constants['ZSTD_c_compressionLevel'] as number
  const checksum = constants['ZSTD_c_checksumFlag'] as number
  const window = constants['ZSTD_d_windowLogMax'] as number
  const compress: Zstd['compress'] = (bytes, wanted, dictionary) => {
    const params = { [level]: wanted, [checksum]: 1 }
    return plain(zstdCompressSync(bytes, { params, chunkSize: outputGuess(bytes.length), ...given(dictionary) }))
  }
  return {
    compress,
    takesDictionary: honours(compress),
    expand: (body, maxBytes, windowBits, dictionary) =>
      expanded(zstdDecompressSync, body, {
        params: { [window]: windowBits },
        maxOutputLength: maxBytes,
        ...given(dictionary),
      }),
  }
}

const given = (dictionary: Uint8Array | undefined): { dictionary?: Uint8Array } =>
  dictionary === undefined ? {} : { dictionary }

/** An old Node ignores the option: a text that is its own dictionary tells. */
function honours(compress: Zstd['compress']): boolean {
  const text = Uint8Array.from({ length: 256 }, (_, index) => (index * 167) & 255)
  return compress(text, 1, text).length < compress(text, 1).length
}

/** Callers are promised a Uint8Array: a Buffer differs in slice(), toString() and toJSON(). */
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
