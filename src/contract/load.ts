// Reads a lock and its dictionary from disk.

import { readFile } from '#runtime'
import type { Contract } from '../model/index.ts'
import { withDictionary } from './dictionary.ts'
import { SidelaneError } from '../model/index.ts'
import { parseLock } from './lock/parse-lock.ts'

/**
 * Reads the lock file at `file`, a path or a `file:` URL. Synchronous, for use at start-up.
 *
 * The dictionary is read from its `path`, relative to the lock. Throws `contract.invalid` for a file that cannot be
 * read or does not match the lock's hash, and the errors of `parseContract`.
 */
export function loadContract<In = unknown, Out = In>(file: string | URL): Contract<In, Out> {
  const contract = parseLock<In, Out>(read(file, 'lock file', ''))
  const { dictionary } = contract.lock
  if (dictionary === undefined) return contract
  return withDictionary(contract, read(siblingOf(file, dictionary.path), 'dictionary', '/dictionary/path'))
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

/** Resolves a lock's path: names joined by "/", valid on every platform. */
function siblingOf(file: string | URL, path: string): string | URL {
  if (file instanceof URL) return new URL(path.split('/').map(encodeURIComponent).join('/'), file)
  return file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1) + path
}
