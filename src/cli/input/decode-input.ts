// Recognizes compressed input and input in UTF-16 by its first bytes, and reads it as the UTF-8 within.

import { pipeline, Readable } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'
import { FileError } from '../../runtime/regular-file.ts'
import { fileKinds, type FileKind } from '../../tables/file-kinds.ts'
import { ByteReader } from './byte-reader.ts'
import { Utf16Transcoder, type ByteOrder } from './utf-16.ts'
import { isZstd, readZstd, unzstd } from './zstd-frames.ts'

/**
 * The input as UTF-8: gzip and zstd are decompressed as they arrive, UTF-16 is encoded again, and a byte order mark at the
 * start is left out. `note` gets a sentence about what the user may not expect. Throws Error for damaged compression,
 * UTF-32 and compression of other kinds.
 */
export async function* decodeInput(
  input: AsyncIterable<Uint8Array>,
  note: (text: string) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const raw = new ByteReader(input)
  const head = await raw.peek(4)
  if (isGzip(head)) yield* decodeText(new ByteReader(readGzip(raw)), note)
  else if (isZstd(head)) yield* decodeText(new ByteReader(readZstd(raw)), note)
  else yield* decodeText(raw, note)
}

/** The first bytes of a gzip member (RFC 1952), whose only method is deflate. */
const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b && head[2] === 8

/** All members of the file, as gunzip reads it. */
async function* readGzip(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* pipeline(
      Readable.from(reader.rest()),
      createGunzip({ chunkSize: 262_144 }),
      () => undefined,
    ) as AsyncIterable<Uint8Array>
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !code.startsWith('Z_')) throw error
    // zlib's messages hold no part of the input.
    throw new Error(`The gzip input is damaged: ${message}`, { cause: error })
  }
}

async function* decodeText(
  reader: ByteReader,
  note: (text: string) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { encoding, markBytes } = encodingOf(await reader.peek(4))
  await reader.take(markBytes)
  if (encoding === 'utf-8') return yield* reader.rest()
  if (isForeign(encoding)) throw foreignError(encoding)
  note(`the input is UTF-16 (${encoding}): it is read as UTF-8`)
  const transcoder = new Utf16Transcoder(encoding)
  for await (const chunk of reader.rest()) yield transcoder.add(chunk)
  yield transcoder.end()
}

/** What `decodeInput` gives, of bytes in memory. Throws Error likewise, and for more than `maxBytes` decompressed bytes. */
function decodeBytes(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const text = isGzip(bytes) ? gunzip(bytes, maxBytes) : isZstd(bytes.subarray(0, 4)) ? unzstd(bytes, maxBytes) : bytes
  const { encoding, markBytes } = encodingOf(text.subarray(0, 4))
  const content = text.subarray(markBytes)
  if (encoding === 'utf-8') return content
  if (isForeign(encoding)) throw foreignError(encoding)
  const transcoder = new Utf16Transcoder(encoding)
  return new Uint8Array(Buffer.concat([transcoder.add(content), transcoder.end()]))
}

/** `decodeBytes` of the content of a file. Throws FileError with the code `encoding`. */
export function decodeFile(file: string, kind: FileKind, content: Uint8Array): Uint8Array {
  try {
    return decodeBytes(content, fileKinds[kind].maxBytes)
  } catch (error) {
    throw new FileError(file, kind, 'encoding', (error as Error).message, { cause: error })
  }
}

/** True for what must be decoded, by its first four bytes: it is not UTF-8, behind a byte order mark or without one. */
export const isEncoded = (head: Uint8Array): boolean =>
  isGzip(head) || isZstd(head) || encodingOf(head).encoding !== 'utf-8'

/** Size of the byte order mark of UTF-8 in front of a text that is not encoded; 0 without one. */
export const markBytesOf = (head: Uint8Array): number => encodingOf(head.subarray(0, 4)).markBytes

function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new Error(`The gzip input has more than ${maxBytes} bytes`, { cause: error })
    throw new Error(`The gzip input is damaged: ${message}`, { cause: error })
  }
}

/** What is told apart, but not read, and how to make it readable. */
const foreign = {
  'UTF-32': 'convert it first, with `iconv -t UTF-8`',
  xz: 'decompress it first, with `xz -dc`',
  bzip2: 'decompress it first, with `bzip2 -dc`',
  lz4: 'decompress it first, with `lz4 -dc`',
  'a zip archive': 'extract it first, with `unzip -p`',
} as const
type Foreign = keyof typeof foreign

const isForeign = (encoding: string): encoding is Foreign => Object.hasOwn(foreign, encoding)

const foreignError = (kind: Foreign): Error => new Error(`The input is ${kind}: ${foreign[kind]}`)

/** True for the first bytes of compressed files, and of archives. */
export const isCompressed = (head: Uint8Array): boolean =>
  isGzip(head) || isZstd(head.subarray(0, 4)) || compressionOf(head) !== undefined

function compressionOf([a, b, c, d]: Uint8Array): Foreign | undefined {
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58) return 'xz'
  if (a === 0x42 && b === 0x5a && c === 0x68 && d !== undefined && d >= 0x31 && d <= 0x39) return 'bzip2'
  if (a === 0x04 && b === 0x22 && c === 0x4d && d === 0x18) return 'lz4'
  return a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04 ? 'a zip archive' : undefined
}

interface Encoding {
  readonly encoding: 'utf-8' | ByteOrder | Foreign
  /** Size of the byte order mark. */
  readonly markBytes: number
}

/** Without a mark, JSON begins with a character of ASCII, and has no NUL (RFC 4627, 3). */
function encodingOf(head: Uint8Array): Encoding {
  const compression = compressionOf(head)
  if (compression !== undefined) return { encoding: compression, markBytes: 0 }
  const [a = -1, b = -1, c = -1, d = -1] = head
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', markBytes: 3 }
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? utf32 : { encoding: 'little-endian', markBytes: 2 }
  if (a === 0xfe && b === 0xff) return { encoding: 'big-endian', markBytes: 2 }
  // Zeros alone are a hole in a log, which was cut while it was written.
  if ((a === 0 && b === 0 && d > 0) || (a > 0 && b === 0 && c === 0 && d === 0)) return utf32
  if (a > 0 && b === 0) return { encoding: 'little-endian', markBytes: 0 }
  if (a === 0 && b > 0) return { encoding: 'big-endian', markBytes: 0 }
  return { encoding: 'utf-8', markBytes: 0 }
}

const utf32: Encoding = { encoding: 'UTF-32', markBytes: 0 }
