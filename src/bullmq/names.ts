// The names in Redis: job ids, result keys, channels. A payload has one digest everywhere: equal contract, equal bytes and, where
// the digest of the contract is keyed, equal key give the same result key, also from different producers.

import { createHmac, hash } from 'node:crypto'
import { invalidOptions, type Contract } from '../model/index.ts'
import { shortContractId } from '../redis/index.ts'

/** Digest of one payload: 43 characters of base64url. */
export type DigestOf = (payload: Uint8Array) => string

/** Throws `options.invalid` where the contract's digest is keyed and there is no key: a worker with another key differs. */
export function payloadDigest({ name, profile }: Contract, digestKey: Uint8Array | undefined): DigestOf {
  if (profile.digest !== 'hmac-sha-256') return (payload) => hash('sha256', payload, 'base64url')
  if (digestKey === undefined) {
    throw invalidOptions(`Expected \`digestKey\`: the contract "${name}" has the keyed digest "hmac-sha-256"`)
  }
  // The app may overwrite its own.
  const key = Uint8Array.from(digestKey)
  return (payload) => createHmac('sha256', key).update(payload).digest('base64url')
}

/** The id of a batch. BullMQ allows no ":" in it. */
export const batchId = (contractId: string, digests: readonly string[]): string =>
  `${contractId}-${hash('sha256', digests.join(''), 'hex')}`

export const resultKeys = (prefix: string, contractId: string): ((digest: string) => string) => {
  const head = `${prefix}:r:${shortContractId(contractId)}`
  return (digest) => head + digest
}

/** Where a worker says that a batch of this producer has ended. */
export const replyChannel = (prefix: string, queue: string, producer: string): string =>
  `${prefix}:${queue}:reply:${producer}`

/** A message there: one of these, which says where the results are or why there are none, then the id. */
export const endedPrefix = { inStore: '+', inJob: '-' } as const
