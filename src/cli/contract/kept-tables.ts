// Keeps the trained tables of a lock file that is written again.

import { existsSync } from 'node:fs'
import { loadContract } from '../../contract/index.ts'
import type { Contract, LockDocument } from '../../model/index.ts'
import type { Io } from '../io.ts'

/**
 * The lock of the contract, with the tables of the lock file at `out` where the contract has none of its own and the same
 * meaning. Says so.
 */
export function lockWithTables({ lock, id }: Contract, out: string, io: Io): LockDocument {
  const before = lock.tables === undefined && out !== '-' && existsSync(out) ? oldContract(out) : undefined
  const tables = before?.lock.tables
  if (tables === undefined) return lock
  if (before?.id === id) {
    io.log(`Kept the tables of ${out}`)
    return { ...lock, tables }
  }
  io.log(
    `Dropped the tables of ${out}, which were trained for another contract: sidelane contract train makes new ones`,
  )
  return lock
}

/** Undefined for a file that is no lock: it is overwritten. */
function oldContract(file: string): Contract | undefined {
  try {
    return loadContract(file)
  } catch {
    return undefined
  }
}
