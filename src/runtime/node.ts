// What the lower floors take from Node: hashes, UTF-8, zlib and one file, tuned for payloads of a few kilobytes. They
// import it as `#runtime`, which is runtime-web.ts where there is no Node. No rule of the contract lives here.

import { Buffer, isUtf8 as isUtf8Bytes } from 'node:buffer'
import { createHmac, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createZlib, type Zlib } from './zlib.ts'

export type { Expanded, Zlib } from './zlib.ts'

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

/** The bytes of a file. Throws what `node:fs` throws. */
export const readFile = (file: string | URL): Uint8Array => plain(readFileSync(file))

/** Node's codecs; undefined in a runtime without them. */
export const zlib: Zlib | undefined = createZlib()

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** Callers are promised a Uint8Array: a Buffer differs in slice(), toString() and toJSON(). */
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
