// W3C Trace Context: the 26 bytes in a REQUEST of a `traceparent` text.

import { isZero, readHex, writeHex } from '../util/byte-codec.ts'
import { traceBytes } from './constants.ts'

const pattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * The bytes of a `traceparent`; undefined when it is invalid (Trace Context §3.2.2: upper case, a version `ff`, ids of
 * zeros). Of a later version the fields of version 00 are read.
 */
export function traceFromText(traceparent: string): Uint8Array | undefined {
  const [, traceId, parentId, traceFlags, rest] = pattern.exec(traceparent) ?? []
  if (traceId === undefined || (rest !== undefined && traceparent.startsWith('00'))) return undefined
  const bytes = new Uint8Array(traceBytes)
  writeHex(bytes, 1, `${traceId}${parentId}${traceFlags}`)
  return traceIdOf(bytes) === undefined ? undefined : bytes
}

/** The trace-id, 32 hex digits; undefined when the bytes are not a valid context of version 0. */
export const traceIdOf = (bytes: Uint8Array): string | undefined =>
  bytes.length !== traceBytes || bytes[0] !== 0 || isZero(bytes, 1, 17) || isZero(bytes, 17, 25)
    ? undefined
    : readHex(bytes, 1, 17)
