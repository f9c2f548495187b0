// A contract as the client knows it: what HELLO asks for it, and the calls that wait until a daemon has answered.

import { errorTable, SidelaneError, type Contract } from '../../model/index.ts'
import { keyFingerprint, type AskedContract, type AnsweredContract } from '../../wire/index.ts'
import type { RequestQueue } from './request.ts'

export interface ClientContract {
  /** The placement's own number; `route.contractIndex` of its calls. */
  readonly number: number
  readonly contract: Contract
  readonly asked: AskedContract
  /** Calls that wait until a connection has an answer for this contract. */
  readonly parked: RequestQueue
  /** Not yet with the launched daemon, so an answer that the contract is unknown does not count. */
  isNew: boolean
  /** Why the launched daemon cannot serve it. */
  refusal: SidelaneError | undefined
}

export const askedOf = (contract: Contract, digestKey: Uint8Array | undefined): AskedContract => ({
  id: contract.id,
  name: contract.name,
  ...(digestKey !== undefined &&
    contract.profile.digest === 'hmac-sha-256' && { fingerprint: keyFingerprint(digestKey) }),
})

/** Throws `options.invalid` for a missing key. The daemon has a key of its own; HELLO compares their fingerprints. */
export function checkKey({ profile }: Contract, digestKey: Uint8Array | undefined): void {
  if (profile.digest !== 'hmac-sha-256' || digestKey !== undefined) return
  throw new SidelaneError('options.invalid', {
    message: 'Expected `digestKey` to be at least 16 bytes for digest "hmac-sha-256".',
  })
}

/** The error for a contract that the daemon does not serve. */
export function refusalOf(
  { contract }: ClientContract,
  { status, have }: AnsweredContract,
  path: string,
): SidelaneError {
  const { name, id: want } = contract
  if (status !== errorTable['contract.mismatch'].wire) {
    return new SidelaneError('contract.unknown', {
      message: `The daemon at ${path} has no contract named ${name}.`,
      params: { name, want },
    })
  }
  const difference =
    have === want ? 'with another digest key' : `with id ${have.slice(0, 8)}…, and the client has ${want.slice(0, 8)}…`
  return new SidelaneError('contract.mismatch', {
    message: `The daemon at ${path} has the contract ${name} ${difference}.`,
    params: { name, have, want },
  })
}
