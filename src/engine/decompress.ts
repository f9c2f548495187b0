// Decompresses a body strictly: exactly one complete member, with the right checksum and length, and no trailing bytes.
// For tools and receivers; processing a payload does not use it.

import { zlib, type Expanded, type Zlib } from '#runtime'
import { bytesRule, check, invalidOptions, SidelaneError, type Codec, type Rule } from '../model/index.ts'
import { integer } from '../util/option-parsers.ts'
import { nativeUnzstd } from './native/index.ts'
import { readZstdFrame } from './zstd-frame.ts'
import { isBytes } from '../util/typed-array.ts'

/** Options of `decompress`. */
export interface DecompressOptions {
  /** Most decompressed bytes, 1 to 2,147,483,647. */
  readonly maxBytes: number
  /** With zstd: the dictionary of the contract. */
  readonly dictionary?: Uint8Array | undefined
}

/** Of `verify` too. */
export const decompressRules: Readonly<Record<keyof DecompressOptions, Rule>> = {
  maxBytes: integer(1, 0x7fff_ffff),
  dictionary: bytesRule,
}

/**
 * The content of `body`. Stops at `maxBytes` bytes, so that a decompression bomb is harmless.
 *
 * Throws `codec.corrupt` for a body that is damaged, truncated, followed by other bytes, or of several members;
 * `limit.output`; `codec.unavailable` where the runtime lacks the codec (zstd: Node before 22.15 without the native
 * engine); `codec.unknown`; `options.invalid`.
 */
export function decompress(body: Uint8Array, codec: Codec, options: DecompressOptions): Uint8Array {
  checkOptions(body, codec, options)
  const { maxBytes, dictionary } = options
  const own = unshared(body)
  try {
    return decompressors[codec](own, maxBytes, dictionary)
  } catch (cause) {
    if (cause instanceof SidelaneError) throw cause
    // Errors of zlib hold a code and no part of the body.
    if (isTooLarge(cause)) throw tooLarge(maxBytes)
    throw corrupt(codec, cause instanceof Error ? cause.message : undefined)
  }
}

type Decompressor = (body: Uint8Array, maxBytes: number, dictionary: Uint8Array | undefined) => Uint8Array

const decompressors: Readonly<Record<Codec, Decompressor>> = {
  gzip: readGzip,
  deflate: (body, maxBytes) => requireEnd(body, 'deflate', requireZlib('deflate').inflate(body, maxBytes)),
  'deflate-raw': (body, maxBytes) =>
    requireEnd(body, 'deflate-raw', requireZlib('deflate-raw').inflateRaw(body, maxBytes)),
  brotli: (body, maxBytes) => requireEnd(body, 'brotli', requireZlib('brotli').unbrotli(body, maxBytes)),
  zstd: readZstd,
  none(body, maxBytes) {
    if (body.length > maxBytes) throw tooLarge(maxBytes)
    return new Uint8Array(body)
  },
}

const gzipHead = 10
const gzipTail = 8
const flagHeaderCrc = 2
const flagExtra = 4
const flagName = 8
const flagComment = 16

/** zlib's gunzip reads several members and ignores trailing bytes, so the wrapper is read here. */
function readGzip(body: Uint8Array, maxBytes: number): Uint8Array {
  const runtime = requireZlib('gzip')
  const start = gzipBodyStart(body, runtime)
  const { bytes, consumed } = runtime.inflateRaw(body.subarray(start), maxBytes)
  const end = start + consumed
  if (end + gzipTail !== body.length) throw corrupt('gzip', 'it does not end with its only member')
  const tail = new DataView(body.buffer, body.byteOffset + end)
  if (tail.getUint32(0, true) !== runtime.crc32(bytes)) throw corrupt('gzip', 'its checksum is wrong')
  if (tail.getUint32(4, true) !== bytes.length) throw corrupt('gzip', 'its length is wrong')
  return bytes
}

/** Where the compressed part begins (RFC 1952, 2.3). */
function gzipBodyStart(body: Uint8Array, runtime: Zlib): number {
  const flags = body[3] ?? 0
  if (body[0] !== 0x1f || body[1] !== 0x8b || body[2] !== 8 || flags & 0xe0) throw corrupt('gzip', 'it is not gzip')
  let at = gzipHead
  if (flags & flagExtra) at += 2 + ((body[at] ?? 0) | ((body[at + 1] ?? 0) << 8))
  for (const flag of [flagName, flagComment]) {
    if (!(flags & flag)) continue
    const zero = body.indexOf(0, at)
    if (zero < 0) throw corrupt('gzip', 'its header has no end')
    at = zero + 1
  }
  if (flags & flagHeaderCrc) {
    const expected = (body[at] ?? 0) | ((body[at + 1] ?? 0) << 8)
    if (expected !== (runtime.crc32(body.subarray(0, at)) & 0xffff)) throw corrupt('gzip', 'its header is damaged')
    at += 2
  }
  return at
}

/** Window sizes as powers of two: what RFC 8878 asks every decoder to support, and zstd's default limit. */
const leastWindowBits = 23
const mostWindowBits = 27

function readZstd(body: Uint8Array, maxBytes: number, dictionary: Uint8Array | undefined): Uint8Array {
  const zstd = zlib?.zstd
  if (zstd === undefined || (dictionary !== undefined && !zstd.takesDictionary)) {
    return readZstdNatively(body, maxBytes, dictionary)
  }
  const frame = readZstdFrame(body)
  if (frame?.size !== body.length) throw corrupt('zstd', 'it is not exactly one frame')
  if (frame.contentBytes !== undefined && frame.contentBytes > maxBytes) throw tooLarge(maxBytes)
  const wanted = Math.ceil(Math.log2(maxBytes + 1))
  const windowBits = Math.min(Math.max(wanted, leastWindowBits), mostWindowBits)
  return requireEnd(body, 'zstd', zstd.expand(body, maxBytes, windowBits, dictionary))
}

function readZstdNatively(body: Uint8Array, maxBytes: number, dictionary: Uint8Array | undefined): Uint8Array {
  const content = nativeUnzstd(body, maxBytes, dictionary)
  if (content === undefined) throw unavailable('zstd')
  if (typeof content !== 'string') return content
  throw content === 'limit.output' ? tooLarge(maxBytes) : corrupt('zstd')
}

function requireEnd(body: Uint8Array, codec: Codec, { bytes, consumed }: Expanded): Uint8Array {
  if (consumed !== body.length) throw corrupt(codec, 'bytes follow its end')
  return bytes
}

function requireZlib(codec: Codec): Zlib {
  if (zlib === undefined) throw unavailable(codec)
  return zlib
}

function checkOptions(body: unknown, codec: string, options: DecompressOptions | undefined): void {
  if (!Object.hasOwn(decompressors, codec)) throw new SidelaneError('codec.unknown', { params: { codec } })
  if (!isBytes(body)) throw invalidOptions('Expected `body` to be a Uint8Array')
  check('decompress', options, decompressRules)
  const { maxBytes, dictionary } = options as DecompressOptions
  if (maxBytes === undefined) throw invalidOptions(`Expected \`maxBytes\` to be ${decompressRules.maxBytes.expected}`)
  if (dictionary !== undefined && codec !== 'zstd') {
    throw invalidOptions('Expected `dictionary` only with codec "zstd"')
  }
}

/** Another thread could change shared bytes while they are read. Bytes of another realm are copied too. */
const unshared = (body: Uint8Array): Uint8Array => (body.buffer instanceof ArrayBuffer ? body : new Uint8Array(body))

/** A zstd window beyond the limit would take too much memory; the body is not damaged. */
function isTooLarge(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code === 'ERR_BUFFER_TOO_LARGE' || code === 'ZSTD_error_frameParameter_windowTooLarge'
}

const corrupt = (codec: Codec, why?: string): SidelaneError =>
  new SidelaneError('codec.corrupt', {
    message: `The ${codec} body is damaged${why === undefined ? '' : `: ${why}`}.`,
    params: { codec },
  })

const tooLarge = (maxBytes: number): SidelaneError =>
  new SidelaneError('limit.output', {
    message: `The body decompresses to more than ${maxBytes} bytes.`,
    params: { maxBytes },
  })

const unavailable = (codec: Codec): SidelaneError =>
  new SidelaneError('codec.unavailable', { message: `This runtime cannot read codec "${codec}".`, params: { codec } })
