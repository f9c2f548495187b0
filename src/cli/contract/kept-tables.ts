// Keeps the trained tables of a lock file that is written again.

import { existsSync } from 'node:fs'
import { parseLock } from '../../contract/index.ts'
import type { Contract, LockDocument } from '../../model/index.ts'
import { readRegularFileSync } from '../../runtime/regular-file.ts'
import type { Io } from '../io.ts'

/**
 * The lock of the contract, with the tables of the lock file at `out` where the contract has none of its own and the same
 * meaning. Says so, and where a dictionary is dropped.
 */
export function lockWithTables({ lock, id }: Contract, out: string, io: Io): LockDocument {
  const before = lock.tables === undefined && out !== '-' && existsSync(out) ? oldContract(out) : undefined
  if (before?.lock.dictionary !== undefined && lock.dictionary === undefined) {
    io.log(`Dropped the dictionary ${before.lock.dictionary.path} of ${out}: the contract names none`)
  }
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
    return parseLock(new TextDecoder().decode(readRegularFileSync(file, 'lock')))
  } catch {
    return undefined
  }
}
