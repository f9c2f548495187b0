// Reads zstd of several frames (RFC 8878): the decoder of Node stops behind the first one, and does not tell.

import * as zlib from 'node:zlib'
import { pipeline, Readable, type Transform } from 'node:stream'
import { decompress, readZstdFrame, zstdHeaderBytes } from '../../engine/index.ts'
import { SidelaneError } from '../../model/index.ts'
import type { ByteReader } from './byte-reader.ts'

const zstdMagic = 0xfd2fb528
/** Frames that hold no content: 16 magic numbers. */
const skippableMagic = 0x184d2a50
/** Most bytes of a frame, and of its content, where it is decompressed at once. */
const maxFrameBytes = 268_435_456

/** Missing before Node 22.15, and in the types of the oldest supported Node. */
const { createZstdDecompress } = zlib as {
  readonly createZstdDecompress?: (options: { readonly chunkSize: number }) => Transform
}

/** True for the first four bytes of a frame. */
export function isZstd(head: Uint8Array): boolean {
  const magic = littleEndian(head)
  return head.length === 4 && (magic === zstdMagic || magic >>> 4 === skippableMagic >>> 4)
}

/** The content of all frames. Throws Error for damage, and for a frame that this runtime cannot read. */
export async function* readZstd(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const head = await reader.peek(4)
    if (head.length === 0) return
    if (!isZstd(head)) throw damaged(head.length < 4 ? truncated : 'bytes that are no frame follow')
    if (littleEndian(head) === zstdMagic) yield* contentOf(frame(reader))
    else await skip(reader)
  }
}

/** The content of all frames in memory, of at most `maxBytes` bytes. Throws Error likewise. */
export function unzstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = []
  let left = maxBytes
  for (let rest = bytes; rest.length > 0;) {
    const skipped = skippableSize(rest)
    const size = skipped ?? readZstdFrame(rest)?.size
    if (size === undefined || size > rest.length)
      throw damaged(isZstd(rest.subarray(0, 4)) ? truncated : 'bytes that are no frame follow')
    if (skipped === undefined) {
      const part = decompressFrame(rest.subarray(0, size), left)
      parts.push(part)
      left -= part.length
    }
    rest = rest.subarray(size)
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** undefined for a frame with content. */
const skippableSize = (bytes: Uint8Array): number | undefined =>
  bytes.length < 8 || littleEndian(bytes) >>> 4 !== skippableMagic >>> 4
    ? undefined
    : 8 + littleEndian(bytes.subarray(4, 8))

const contentOf = (bytes: AsyncGenerator<Uint8Array, void, undefined>): AsyncIterable<Uint8Array> =>
  createZstdDecompress === undefined
    ? decompressAtOnce(bytes)
    : decompressStream(bytes, createZstdDecompress({ chunkSize: 262_144 }))

async function* decompressStream(bytes: AsyncIterable<Uint8Array>, decoder: Transform): AsyncGenerator<Uint8Array> {
  try {
    yield* pipeline(Readable.from(bytes), decoder, () => undefined) as AsyncIterable<Uint8Array>
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined || !/^(?:ZSTD_|Z_)/.test(code)) throw error
    throw damaged(code === 'ZSTD_error_frameParameter_windowTooLarge' ? 'its window is larger than 128 MiB' : message)
  }
}

/** Only the native engine reads zstd here, a whole frame at once. */
async function* decompressAtOnce(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of bytes) {
    parts.push(part)
    size += part.length
    if (size > maxFrameBytes) throw tooLarge()
  }
  yield decompressFrame(new Uint8Array(Buffer.concat(parts)), maxFrameBytes)
}

function decompressFrame(frame: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return decompress(frame, 'zstd', { maxBytes: Math.max(1, maxBytes) })
  } catch (error) {
    const code = error instanceof SidelaneError ? error.code : undefined
    if (code === 'limit.output') throw tooLarge(error)
    if (code === 'codec.unavailable') throw new Error(withoutZstd, { cause: error })
    if (code === 'codec.corrupt') throw damaged('its content cannot be decompressed')
    throw error
  }
}

const instead = 'use `zstd -dc FILE | sidelane …`, or Node 22.15'
const withoutZstd = `Node ${process.versions.node} cannot read zstd without the native engine: ${instead}`
const tooLarge = (cause?: unknown): Error =>
  new Error(
    `A zstd frame that is read at once may have ${maxFrameBytes} bytes at most; this one has more: ${instead}`,
    { cause },
  )
const truncated = 'it ends too early'
const damaged = (why: string): Error => new Error(`The zstd input is damaged: ${why}`)

const rleBlock = 1
const reservedBlock = 3

/** The bytes of one frame, from its magic number to its checksum. */
async function* frame(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  const start = await exactly(reader, 5)
  yield start
  const descriptor = start[4] as number
  yield await exactly(reader, zstdHeaderBytes(descriptor))
  for (let isLast = false; !isLast;) {
    const head = await exactly(reader, 3)
    yield head
    const block = littleEndian(head)
    const kind = (block >>> 1) & 3
    if (kind === reservedBlock) throw damaged('it has a reserved block')
    isLast = (block & 1) === 1
    let left = kind === rleBlock ? 1 : block >>> 3
    while (left > 0) {
      const part = await reader.chunk(left)
      if (part === undefined) throw damaged(truncated)
      left -= part.length
      yield part
    }
  }
  if ((descriptor & 4) !== 0) yield await exactly(reader, 4)
}

async function skip(reader: ByteReader): Promise<void> {
  await exactly(reader, 4)
  let left = littleEndian(await exactly(reader, 4))
  while (left > 0) {
    const part = await reader.chunk(left)
    if (part === undefined) throw damaged(truncated)
    left -= part.length
  }
}

async function exactly(reader: ByteReader, n: number): Promise<Uint8Array> {
  const bytes = await reader.take(n)
  if (bytes.length < n) throw damaged(truncated)
  return bytes
}

const littleEndian = (bytes: Uint8Array): number =>
  bytes.reduce((sum, byte, i) => (i < 4 ? sum + byte * 2 ** (8 * i) : sum), 0)
