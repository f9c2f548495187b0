// Verifies equal work before timing: each contender processes every payload, and each body is decompressed and compared
// with the reference. One wrong outcome ends the run.

import canonicalize from 'canonicalize'
import { createHash } from 'node:crypto'
import { brotliDecompressSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import type { Answer, Contender } from '../../src/measure/contender.ts'
import { WrongAnswer } from '../../src/measure/wrong-answer.ts'

/** The expected text for one payload; null: it must be rejected. */
export type Reference = string | null

export interface Verified {
  /** Bytes of all bodies in one pass. */
  readonly passBytes: number
  /** The size of gzip level 1 of node:zlib for the same texts. */
  readonly zlibBytes: number
}

export async function verify(
  contender: Contender,
  payloads: readonly Buffer[],
  references: readonly Reference[],
  codec: string,
): Promise<Verified> {
  let passBytes = 0
  let zlibBytes = 0
  for (const [index, payload] of payloads.entries()) {
    const wrong = (what: string): WrongAnswer =>
      new WrongAnswer(`${contender.id} (digest ${contender.digest}), payload ${index}: ${what}`)
    const reference = references[index] as Reference
    const answer: Answer = await contender.call(payload)
    if (!answer.ok || reference === null) {
      if (answer.ok !== (reference !== null))
        throw wrong(answer.ok ? 'accepted, must be refused' : 'refused, must be accepted')
      continue
    }
    const text = decompress(answer.body, contender.side === 'peer' ? 'gzip' : codec)
    if (contender.canonical && text !== reference) throw wrong('the body is not the canonical form')
    // A peer may order keys differently; the document must be equal.
    if (!contender.canonical && canonicalize(JSON.parse(text)) !== reference)
      throw wrong('the body is another document')
    // The digest of the text it has written: a peer without a canonical form hashes its own text.
    const digest = contender.digest === 'none' ? null : createHash('sha256').update(text).digest('hex')
    if (answer.digest !== digest) throw wrong(`the digest is ${String(answer.digest)}, not ${String(digest)}`)
    passBytes += answer.body.length
    zlibBytes += gzipSync(text, { level: 1 }).length
  }
  return { passBytes, zlibBytes }
}

/** The text of a body. */
function decompress(body: Uint8Array, codec: string): string {
  const open = openers[codec]
  if (open === undefined) throw new WrongAnswer(`this benchmark cannot open codec ${codec}`)
  return open(body).toString()
}

const openers: Readonly<Record<string, (body: Uint8Array) => Buffer>> = {
  gzip: (body) => gunzipSync(body),
  deflate: (body) => inflateSync(body),
  'deflate-raw': (body) => inflateRawSync(body),
  brotli: (body) => brotliDecompressSync(body),
  none: (body) => Buffer.from(body),
}
