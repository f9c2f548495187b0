// Contracts on their way to the workers: checked here, compiled there.

import type { Contract } from '../../model/index.ts'
import type { Engine } from '../../engine/index.ts'
import type { ContractTable } from '../contract-table.ts'
import type { ContractRecord } from './batch-layout.ts'

/** A contract that is known before the workers start. */
export interface FirstContract {
  readonly contract: Contract
  readonly digestKey: Uint8Array | undefined
}

/** Compiles on this thread first: what a worker could not run is told at once, by an exception. */
export const addRecord = (
  table: ContractTable<ContractRecord>,
  engine: Engine,
  contract: Contract,
  digestKey: Uint8Array | undefined,
): number =>
  table.add(contract, digestKey, (number) => {
    engine.compile(contract, digestKey === undefined ? {} : { digestKey }).dispose()
    const { maxBytes } = contract.profile.limits
    return { number, lock: JSON.stringify(contract.lock), digestKey, dictionary: contract.dictionary, maxBytes }
  })
