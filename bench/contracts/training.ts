// Payloads that train contracts: made as the measured ones are, from another seed.

import { makeClicks } from '../payloads/clicks.ts'
import { makeOrders } from '../payloads/orders.ts'
import type { ContractRef } from './sources.ts'

/** Not that of a run, unless `--seed` says so. */
const seed = 0x7261_696e
const perSize = 256

/** True for contracts whose payloads are made. */
export const canBeTrained = (ref: ContractRef): ref is { readonly source: 'orders' | 'clicks' } =>
  'source' in ref && (ref.source === 'orders' || ref.source === 'clicks')

/** Throws for a contract that cannot be trained. */
export function trainingPayloads(ref: ContractRef): readonly Uint8Array[] {
  if (!canBeTrained(ref)) throw new TypeError('There are no payloads beside the measured ones')
  if (ref.source === 'clicks') return makeClicks(perSize, seed)
  return [1024, 2048, 4096].flatMap((meanBytes) => makeOrders({ count: perSize, seed, meanBytes }))
}
