// Loading a lock, and the dictionary that it names, from disk. What they must say is checked elsewhere.

import { readFile } from '#runtime'
import type { Contract } from '../model/index.ts'
import { withDictionary } from './dictionary.ts'
import { SidelaneError } from '../model/index.ts'
import { parseLock } from './lock/parse-lock.ts'

/**
 * Reads the lock file at `file`, a path or a `file:` URL, synchronously: a contract is loaded once, at start.
 *
 * The dictionary of the lock is read from its `path`, relative to the lock. Throws `contract.invalid` for a file that
 * cannot be read or has another hash than the lock says, and what `parseContract` throws.
 */
export function loadContract<In = unknown, Out = In>(file: string | URL): Contract<In, Out> {
  const contract = parseLock<In, Out>(read(file, 'lock file', ''))
  const { dictionary } = contract.lock
  if (dictionary === undefined) return contract
  return withDictionary(contract, read(beside(file, dictionary.path), 'dictionary', '/dictionary/path'))
}

function read(file: string | URL, what: string, pointer: string): Uint8Array {
  try {
    return readFile(file)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SidelaneError('contract.invalid', {
      message: `Cannot read the ${what} ${String(file)}: ${why}`,
      pointer,
      cause,
    })
  }
}

/** A lock's paths have "/" between plain names, which every platform takes. */
function beside(file: string | URL, path: string): string | URL {
  if (file instanceof URL) return new URL(path.split('/').map(encodeURIComponent).join('/'), file)
  return file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1) + path
}
