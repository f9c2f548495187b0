// The runtime of the lower modules on Node: hashes, UTF-8, zlib and file reads, tuned for payloads of a few kilobytes.
// They import it as `#runtime`; without Node that is web.ts.

import { Buffer, isUtf8 as isUtf8Bytes } from 'node:buffer'
import { createHmac, hash } from 'node:crypto'
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import { getHeapStatistics } from 'node:v8'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import * as node from 'node:zlib'

export { readRegularFile, readRegularFileSync } from './regular-file.ts'

/**
 * Only this twin has it, and create.ts imports it. A build that resolves `#runtime` without the condition `node` would have an
 * app without its native engine; it ends with this name instead.
 */
export const needsExportConditionNode: true | undefined = true

/** SHA-256 of the bytes (of a string's UTF-8), 64 lower-case hex digits. */
export const sha256Hex = (data: Uint8Array | string): string => hash('sha256', data, 'hex')

/** HMAC-SHA-256 of the bytes, 64 lower-case hex digits. */
export const hmacSha256Hex = (key: Uint8Array, data: Uint8Array): string =>
  createHmac('sha256', key).update(data).digest('hex')

/** True for well-formed UTF-8 (no overlong forms, no surrogates, nothing beyond U+10FFFF). */
export const isUtf8 = (bytes: Uint8Array): boolean => isUtf8Bytes(bytes)

/** The text of well-formed UTF-8. Ill-formed bytes would become U+FFFD: check `isUtf8` first. */
export const decodeUtf8 = (bytes: Uint8Array): string => viewOf(bytes).toString('utf8')

const encoder = new TextEncoder()
/** UTF-16 units of a text that is encoded into `scratch`: each becomes three bytes at most. */
const scratchUnits = 64 * 1024
const scratch = new Uint8Array(3 * scratchUnits)

/**
 * UTF-8 of a well-formed text. Buffer.from() would measure the text first; a copy of what was written takes a third less
 * time, and has a buffer of its own.
 */
export function encodeUtf8(text: string): Uint8Array {
  if (text.length > scratchUnits) return toUint8Array(Buffer.from(text, 'utf8'))
  return scratch.slice(0, encoder.encodeInto(text, scratch).written)
}

/** Size of the text in UTF-8; a lone surrogate counts 3. */
export const utf8Length = (text: string): number => Buffer.byteLength(text, 'utf8')

/** True for text without lone surrogates. */
export const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed()

/** Index of the first occurrence of `text` (ASCII) in the bytes, or -1. */
export const indexOfAscii = (bytes: Uint8Array, text: string): number => viewOf(bytes).indexOf(text, 0, 'latin1')

/** Where the start and the end of each call are published. */
export const processChannel: TracingChannel<unknown, object> | undefined = tracingChannel('sidelane:process')

/** The heap limit of this thread, in MiB. */
export const heapLimitMb = (): number => getHeapStatistics().heap_size_limit / 2 ** 20

/** A process warning that is given once. Worker threads that start later do not repeat it. */
export function warnOnce(code: string, message: string): void {
  const key = `sidelane.warned.${code}`
  if (getEnvironmentData(key) === true) return
  setEnvironmentData(key, true)
  process.emitWarning(message, { type: 'SidelaneWarning', code })
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** Results are typed as Uint8Array: a Buffer differs in slice(), toString() and toJSON(). */
const toUint8Array = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

/** Writes one compressed body. */
export type Compress = (bytes: Uint8Array) => Uint8Array

/** A decompressed body, and how many of its bytes were consumed. */
export interface Expanded {
  readonly bytes: Uint8Array
  readonly consumed: number
}

/** Decompression throws `ERR_BUFFER_TOO_LARGE` beyond `maxBytes`, and zlib's own errors for damaged data. */
export interface Zlib {
  /** RFC 1952 with mtime 0, no name and OS byte 255 (unknown): the same bytes on every platform. */
  readonly gzip: (level: number) => Compress
  /** The zlib wrapper, RFC 1950. */
  readonly deflate: (level: number) => Compress
  /** RFC 1951 without a wrapper. */
  readonly deflateRaw: (level: number) => Compress
  /** RFC 7932. */
  readonly brotli: (level: number) => Compress
  readonly inflate: (body: Uint8Array, maxBytes: number) => Expanded
  readonly inflateRaw: (body: Uint8Array, maxBytes: number) => Expanded
  readonly unbrotli: (body: Uint8Array, maxBytes: number) => Expanded
  readonly crc32: (bytes: Uint8Array) => number
  /** RFC 8878; undefined before Node 22.15. */
  readonly zstd: Zstd | undefined
}

export interface Zstd {
  /** False before Node 22.19 and 24.6, which silently ignore a dictionary. */
  readonly takesDictionary: boolean
  /** One frame with its content's size and a checksum. */
  readonly compress: (level: number, dictionary?: Uint8Array) => Compress
  /** `windowBits`: log2 of the largest window that the frame may require. Continues with the frames that follow. */
  readonly expand: (body: Uint8Array, maxBytes: number, windowBits: number, dictionary?: Uint8Array) => Expanded
}

/** Node's codecs; undefined in a runtime without them. */
export const zlib: Zlib | undefined = {
  gzip: (level) => (bytes) => {
    const body = toUint8Array(node.gzipSync(bytes, zlibOptions(bytes.length, level)))
    body[9] = 255
    return body
  },
  deflate: (level) => (bytes) => toUint8Array(node.deflateSync(bytes, zlibOptions(bytes.length, level))),
  deflateRaw: (level) => (bytes) => toUint8Array(node.deflateRawSync(bytes, zlibOptions(bytes.length, level))),
  brotli: (level) => (bytes) => toUint8Array(node.brotliCompressSync(bytes, tunedBrotli(bytes.length, level))),
  inflate: (body, maxBytes) => expanded(node.inflateSync, body, { maxOutputLength: maxBytes }),
  inflateRaw: (body, maxBytes) => expanded(node.inflateRawSync, body, { maxOutputLength: maxBytes }),
  unbrotli,
  crc32: (bytes) => node.crc32(bytes),
  zstd: createZstd(node),
}

function unbrotli(body: Uint8Array, maxBytes: number): Expanded {
  const options = { maxOutputLength: maxBytes }
  const result = expanded(node.brotliDecompressSync, body, options)
  if ((takesTruncatedBrotli ??= doesTakeTruncatedBrotli())) {
    // A complete stream leaves the byte behind it.
    const longer = new Uint8Array(body.length + 1)
    longer.set(body)
    if (expanded(node.brotliDecompressSync, longer, options).consumed > body.length) throw new Error('truncated')
  }
  return result
}

let takesTruncatedBrotli: boolean | undefined

/** Deno 2.9 returns what a truncated stream holds; Node and Bun throw. */
function doesTakeTruncatedBrotli(): boolean {
  try {
    node.brotliDecompressSync(new Uint8Array(0))
    return true
  } catch {
    return false
  }
}

// zlib allocates its output buffer and its tables for each call, so both are sized by the payload: at 4 KB that saves a
// quarter of the time. The window loses no match if it holds the payload and zlib's look-ahead of 262 bytes.
function zlibOptions(size: number, level: number): { level: number; chunkSize: number; windowBits: number } {
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

/** Output buffer size: JSON usually shrinks to less than half; other data costs one more buffer. */
function outputGuess(size: number): number {
  return Math.min(256 + (size >>> 1), 256 * 1024)
}

/** With `info` the synchronous functions also return how much of the input they consumed. */
type Expand<O> = (body: Uint8Array, options: O & { info: true }) => unknown

function expanded<O>(expand: Expand<O>, body: Uint8Array, options: O): Expanded {
  const { buffer, engine } = expand(body, { ...options, info: true }) as {
    readonly buffer: Buffer
    readonly engine: { readonly bytesWritten: number }
  }
  return { bytes: toUint8Array(buffer), consumed: engine.bytesWritten }
}

/** zstd in node:zlib, which the types of the oldest supported Node lack. */
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
  const levelKey = constants['ZSTD_c_compressionLevel'] as number
  const checksumKey = constants['ZSTD_c_checksumFlag'] as number
  const windowKey = constants['ZSTD_d_windowLogMax'] as number
  const compress: Zstd['compress'] = (level, dictionary) => {
    const options = { params: { [levelKey]: level, [checksumKey]: 1 }, ...(dictionary && { dictionary }) }
    return (bytes) => toUint8Array(zstdCompressSync(bytes, { ...options, chunkSize: zstdBound(bytes.length) }))
  }
  return {
    compress,
    takesDictionary: appliesDictionary(compress),
    expand: (body, maxBytes, windowBits, dictionary) =>
      expanded(zstdDecompressSync, body, {
        params: { [windowKey]: windowBits },
        maxOutputLength: maxBytes,
        ...(dictionary && { dictionary }),
      }),
  }
}

/**
 * More than any output. An output that fills its buffer to the last byte (Node), or needs a second one (Deno), is followed by
 * an empty frame.
 */
function zstdBound(size: number): number {
  return size + (size >>> 7) + 256
}

/** An old Node ignores the option: then a text that is its own dictionary does not become smaller. */
function appliesDictionary(compress: Zstd['compress']): boolean {
  const text = Uint8Array.from({ length: 256 }, (_, index) => (index * 167) & 255)
  return compress(1, text)(text).length < compress(1)(text).length
}
