// A contract as the client knows it: what a HELLO says about it, and the calls that wait until a daemon has answered.

import { errorTable, SidelaneError, type Contract } from '../../model/index.ts'
import { keyFingerprint, type AskedContract, type AnsweredContract } from '../../wire/index.ts'
import type { Waiting } from './request.ts'

export interface Entry {
  readonly number: number
  readonly contract: Contract
  readonly asked: AskedContract
  /** Calls that no connection can take yet. */
  readonly parked: Waiting
  /** On its way to a daemon of our own: that it is unknown there says nothing yet. */
  fresh: boolean
  /** Why a daemon of our own will never know it. */
  refusal: SidelaneError | undefined
}

export const askedOf = (contract: Contract, digestKey: Uint8Array | undefined): AskedContract => ({
  id: contract.id,
  name: contract.name,
  ...(digestKey !== undefined &&
    contract.profile.digest === 'hmac-sha-256' && { fingerprint: keyFingerprint(digestKey) }),
})

/** Throws `options.invalid` for a missing key: the daemon has its own, and both are compared by their fingerprints. */
export function checkKey({ profile }: Contract, digestKey: Uint8Array | undefined): void {
  if (profile.digest !== 'hmac-sha-256' || digestKey !== undefined) return
  throw new SidelaneError('options.invalid', {
    message: 'Expected `digestKey` to be at least 16 bytes for digest "hmac-sha-256".',
  })
}

/** Why the daemon does not serve the contract. */
export function refusalOf({ contract }: Entry, { status, have }: AnsweredContract, path: string): SidelaneError {
  const { name, id: want } = contract
  if (status !== errorTable['contract.mismatch'].wire) {
    return new SidelaneError('contract.unknown', {
      message: `The daemon at ${path} knows no contract by the name ${name}.`,
      params: { name, want },
    })
  }
  const why = have === want ? 'with another digest key' : `as ${have.slice(0, 8)}…, and we as ${want.slice(0, 8)}…`
  return new SidelaneError('contract.mismatch', {
    message: `The daemon at ${path} has the contract ${name} ${why}.`,
    params: { name, have, want },
  })
}
