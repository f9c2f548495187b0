// Loading a lock from disk. The only file of the contract that touches the file system.

import { readFileSync } from 'node:fs'
import type { Contract } from './contract.ts'
import { SidelaneError } from './errors.ts'
import { parseLock } from './lock.ts'

/**
 * Reads the lock file at `file`, a path or a `file:` URL, synchronously: a contract is loaded once, at start.
 *
 * Throws `contract.invalid` for a file that cannot be read, and what `parseLock` throws.
 */
export function loadContract<In = unknown, Out = In>(file: string | URL): Contract<In, Out> {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SidelaneError('contract.invalid', { message: `Cannot read the lock file ${String(file)}: ${why}`, cause })
  }
  return parseLock(bytes)
}
