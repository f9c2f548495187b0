// The document of a payload as it was read, for the app's schema: before strip, norm, default and coercion.

import { noLimits, readBytes, readText, toPlain } from '../json/index.ts'
import {
  rejectedBy,
  type Contract,
  type DocumentReader,
  type PayloadContent,
  type Profile,
  type Rejected,
} from '../model/index.ts'
import { decodeUtf8, encodeUtf8 } from '#runtime'
import { sizeOfBytes } from '../util/payload-size.ts'
import { boundedBytes } from './input.ts'
import { compileValueReader } from './js/value-reader.ts'

/** The content of a payload, which the caller cannot change any more; a rejection for what has none or is too large. */
export function takeContent(payload: unknown, profile: Profile): PayloadContent | Rejected {
  if (typeof payload === 'string') return payload
  const bytes = boundedBytes(payload, profile)
  if ('ok' in bytes) return bytes
  // Bytes of any kind may be a view of the caller's memory; those of a value were made here.
  return sizeOfBytes(payload) === undefined ? bytes : new Uint8Array(bytes)
}

const readers = new WeakMap<Contract, DocumentReader>()

/** Compiled once for each contract. Integers are bigints where `outcome.value()` would have them. */
export function documentReader(contract: Contract): DocumentReader {
  let reader = readers.get(contract)
  if (reader === undefined) readers.set(contract, (reader = compileReader(contract)))
  return reader
}

function compileReader({ profile }: Contract): DocumentReader {
  const limits = { ...profile.limits, numbers: profile.numbers }
  const check = (content: PayloadContent): Rejected | undefined => {
    const read = typeof content === 'string' ? readText(content, limits) : readBytes(content, limits)
    return read.ok ? undefined : rejectedBy(read)
  }
  const readValue = compileValueReader(profile, 'input')
  if (readValue !== undefined) {
    return { check, read: (content) => readValue(typeof content === 'string' ? encodeUtf8(content) : content) }
  }
  const read = (content: PayloadContent): unknown => {
    const text = typeof content === 'string' ? content : decodeUtf8(content)
    // JSON.parse may read keys with an escape wrongly: see json/plain.ts.
    if (!text.includes('\\')) return JSON.parse(text) as unknown
    const document = readText(text, noLimits)
    if (!document.ok) throw new TypeError('Expected the text of a payload without errors')
    return toPlain(document.value)
  }
  return { check, read }
}
