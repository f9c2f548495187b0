// Builds contracts from a schema, and makes outcomes comparable.
import * as zlib from 'node:zlib'
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { decompress as decompressStrictly } from '../../src/engine/index.ts'
import { type Contract, type Outcome } from '../../src/model/index.ts'
import { parseLock } from '../../src/contract/index.ts'

/** A contract with this schema; `fields` overrides the lock's other fields. */
export const contractOf = (schema: unknown, fields: Record<string, unknown> = {}): Contract =>
  parseLock(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'test', schema, ...fields }))

/** Decompresses the body with the codecs of Node, which are independent of the code under test. */
export function decompress(outcome: Outcome): Uint8Array {
  if (!outcome.ok) throw new Error(`rejected: ${outcome.code} ${JSON.stringify(outcome.issues)}`)
  switch (outcome.codec) {
    case 'gzip':
      return gunzipSync(outcome.body)
    case 'deflate':
      return inflateSync(outcome.body)
    case 'deflate-raw':
      return inflateRawSync(outcome.body)
    case 'brotli':
      return brotliDecompressSync(outcome.body)
    case 'none':
      return outcome.body
    case 'zstd':
      return decompressStrictly(outcome.body, 'zstd', { maxBytes: outcome.canonicalBytes })
  }
}

/** Whether node:zlib supports zstd dictionaries, and so the js engine. */
export function zlibTakesDictionaries(): boolean {
  const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Buffer, options?: object) => Buffer }
  const text = Buffer.from('a text that is its own dictionary')
  if (zstdCompressSync === undefined) return false
  return zstdCompressSync(text, { dictionary: text }).length < zstdCompressSync(text).length
}

/** The canonical text of an accepted outcome; throws for a rejected one. */
export const canonicalText = (outcome: Outcome): string => Buffer.from(decompress(outcome)).toString('utf8')

/** The parts of an outcome that are equal for all engines and placements: all but the compressed bytes. */
export function comparable(outcome: Outcome): unknown {
  if (!outcome.ok) return outcome
  const { ok, codec, digest, inBytes, canonicalBytes } = outcome
  return { ok, codec, digest, inBytes, canonicalBytes, canonical: canonicalText(outcome) }
}
