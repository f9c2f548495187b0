// What the JS engine takes from Node: hashes, UTF-8 and zlib, tuned for payloads of a few kilobytes. The only file of the
// lower floors that imports `node:` for it. No rule of the contract lives here.

import { Buffer, isUtf8 as isUtf8Bytes } from 'node:buffer'
import { createHmac, hash } from 'node:crypto'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'

/** SHA-256 of the bytes (a string: of its UTF-8), 64 lower-case hex digits. */
export const sha256Hex = (data: Uint8Array | string): string => hash('sha256', data, 'hex')

/** HMAC-SHA-256 of the bytes, 64 lower-case hex digits. */
export const hmacSha256Hex = (key: Uint8Array, data: Uint8Array): string =>
  createHmac('sha256', key).update(data).digest('hex')

/** True for well-formed UTF-8 (no overlong forms, no surrogates, nothing beyond U+10FFFF). */
export const isUtf8 = (bytes: Uint8Array): boolean => isUtf8Bytes(bytes)

/** The text of well-formed UTF-8. Ill-formed bytes would become U+FFFD: ask `isUtf8` first. */
export const decodeUtf8 = (bytes: Uint8Array): string => viewOf(bytes).toString('utf8')

/** UTF-8 of a well-formed text. */
export const encodeUtf8 = (text: string): Uint8Array => plain(Buffer.from(text, 'utf8'))

/** Size of the text in UTF-8; a lone surrogate counts 3. */
export const utf8Length = (text: string): number => Buffer.byteLength(text, 'utf8')

/** True for text without lone surrogates. */
export const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed()

/** Where `text` (ASCII) first stands in the bytes, or -1. */
export const indexOfAscii = (bytes: Uint8Array, text: string): number => viewOf(bytes).indexOf(text, 0, 'latin1')

/** RFC 1952 with mtime 0, no name and OS byte 255 (unknown): the same bytes on every platform. */
export function gzip(bytes: Uint8Array, level: number): Uint8Array {
  const body = plain(gzipSync(bytes, tuned(bytes.length, level)))
  body[9] = 255
  return body
}

/** The zlib wrapper, RFC 1950. */
export const deflate = (bytes: Uint8Array, level: number): Uint8Array =>
  plain(deflateSync(bytes, tuned(bytes.length, level)))

/** RFC 1951 without a wrapper. */
export const deflateRaw = (bytes: Uint8Array, level: number): Uint8Array =>
  plain(deflateRawSync(bytes, tuned(bytes.length, level)))

// zlib takes its output buffer and its tables anew for each call, so both follow the payload: at 4 KB that is a quarter
// of the time. The window loses no match as long as it holds the payload and zlib's look-ahead of 262 bytes.
function tuned(size: number, level: number): { level: number; chunkSize: number; windowBits: number } {
  let windowBits = 10
  while (windowBits < 15 && 1 << windowBits < size + 262) windowBits++
  return { level, chunkSize: outputGuess(size), windowBits }
}

/** Room for the output in one buffer: JSON shrinks to less than half, and what does not costs one more buffer. */
const outputGuess = (size: number): number => Math.min(256 + (size >>> 1), 256 * 1024)

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** Callers are promised a Uint8Array: a Buffer differs in slice(), toString() and toJSON(). */
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
