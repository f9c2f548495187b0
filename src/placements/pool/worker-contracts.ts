// The contracts that workers compile, checked on this thread first.

import type { Contract } from '../../model/index.ts'
import type { Engine } from '../../engine/index.ts'
import type { ContractTable } from '../contract-table.ts'
import type { ContractRecord } from './batch-layout.ts'

/** Compiles on this thread first, so that a contract that a worker cannot run throws here. */
export const addWorkerContract = (
  table: ContractTable<ContractRecord>,
  engine: Engine,
  contract: Contract,
  digestKey: Uint8Array | undefined,
): number =>
  table.add(contract, digestKey, (number) => {
    engine.compile(contract, { digestKey }).dispose()
    const { maxBytes } = contract.profile.limits
    return { number, lock: JSON.stringify(contract.lock), digestKey, dictionary: contract.dictionary, maxBytes }
  })
