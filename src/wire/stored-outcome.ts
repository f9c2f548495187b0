// An outcome as bytes that others than this package can have written: what a forged one could do to the code behind it, and not
// only to the result, is checked.

import {
  decodeOutcome,
  errorTable,
  outcomeCode,
  outcomeKind,
  outcomeSize,
  type Accepted,
  type Outcome,
  type SharedQuery,
} from '../model/index.ts'
import { readRejected } from './outcome-text.ts'

/** The outcome in all of `bytes`; undefined for a damaged one, and for one that is not an answer to the query. */
export function readStoredOutcome(bytes: Uint8Array, query: Omit<SharedQuery, 'digest'>): Outcome | undefined {
  if (outcomeSize(bytes, 0) !== bytes.length) return undefined
  const kind = outcomeKind(bytes, 0)
  if (kind === 'rejected') return storedRejected(bytes, query)
  return kind === 'accepted' ? storedAccepted(bytes, query) : undefined
}

function storedRejected(bytes: Uint8Array, { contract }: Pick<SharedQuery, 'contract'>): Outcome | undefined {
  const { wire } = errorTable[outcomeCode(bytes, 0) ?? 'internal.panic']
  const read = readRejected(bytes, wire, contract.profile.limits.maxDepth)
  return 'ok' in read ? read : undefined
}

function storedAccepted(
  bytes: Uint8Array,
  { contract, canonical, inBytes }: Omit<SharedQuery, 'digest'>,
): Outcome | undefined {
  const { compress, digest } = contract.profile
  const outcome = decodeOutcome(bytes, 0, compress.codec) as Accepted
  const isWhole = outcome.inBytes === inBytes && (outcome.digest !== null) === (digest !== 'none')
  return isWhole && 'canonical' in outcome === canonical ? outcome : undefined
}
