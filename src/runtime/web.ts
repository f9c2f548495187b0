// The twin of node.ts for runtimes without Node (browsers, edge workers). Hashes must be synchronous, which WebCrypto
// is not, so they come from a library.

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Zlib } from './node.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Only Node has diagnostics channels. */
export const processChannel: undefined = undefined

export const sha256Hex = (data: Uint8Array | string): string =>
  bytesToHex(sha256(typeof data === 'string' ? encoder.encode(data) : data))

export const hmacSha256Hex = (key: Uint8Array, data: Uint8Array): string => bytesToHex(hmac(sha256, key, data))

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictDecoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

export const decodeUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text)

export const utf8Length = (text: string): number => encoder.encode(text).length

export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

export function indexOfAscii(bytes: Uint8Array, text: string): number {
  const first = text.charCodeAt(0)
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1
    while (same < text.length && bytes[at + same] === text.charCodeAt(same)) same++
    if (same === text.length) return at
  }
  return -1
}

/** It is not known. */
export const heapLimitMb = (): number => Number.POSITIVE_INFINITY

const warned = new Set<string>()

export function warnOnce(code: string, message: string): void {
  if (warned.has(code)) return
  warned.add(code)
  console.warn(message)
}

const noFiles = 'This runtime has no file system: give the text to parseContract().'

export const readRegularFileSync = (_file: string | URL, _kind: string): Uint8Array => {
  throw new Error(noFiles)
}

export const readRegularFile = (_file: string | URL, _kind: string): Promise<Uint8Array> =>
  Promise.reject(new Error(noFiles))

export const zlib: Zlib | undefined = undefined
