// Reads a lock and its dictionary from disk.

import { readRegularFile, readRegularFileSync } from '#runtime'
import { SidelaneError, type Contract } from '../model/index.ts'
import { withDictionary } from './dictionary.ts'
import { parseLock } from './lock/parse-lock.ts'

/**
 * Reads the lock file at `file`, a path or a `file:` URL. Synchronous, for use at start-up.
 *
 * The dictionary is read from its `path`, relative to the lock. Throws `contract.invalid` for a file that cannot be
 * read, is no regular file, is too large or does not match the lock's hash, and the errors of `parseContract`.
 */
export function loadContract<In = unknown, Out = In>(file: string | URL): Contract<In, Out> {
  checkName(file)
  const contract = parseLock<In, Out>(reading(lockPointer, () => readRegularFileSync(file, 'lock')))
  const dictionary = dictionaryFile(file, contract)
  if (dictionary === undefined) return contract
  return withDictionary(
    contract,
    reading(dictionaryPointer, () => readRegularFileSync(dictionary, 'dictionary')),
  )
}

/** `loadContract` without blocking this thread on the disk. */
export async function loadContractAsync(file: string | URL): Promise<Contract> {
  checkName(file)
  const contract = parseLock(
    await readRegularFile(file, 'lock').catch((cause: Error) => unreadable(lockPointer, cause)),
  )
  const dictionary = dictionaryFile(file, contract)
  if (dictionary === undefined) return contract
  const bytes = readRegularFile(dictionary, 'dictionary')
  return withDictionary(contract, await bytes.catch((cause: Error) => unreadable(dictionaryPointer, cause)))
}

/** The content of a lock in the place of its name would be quoted as the path of a file that is not there. */
function checkName(file: unknown): void {
  const isName = file instanceof URL || (typeof file === 'string' && !/^\s*\{/.test(file))
  if (isName) return
  throw new SidelaneError('contract.invalid', {
    message: 'Expected the path or the file: URL of a lock file; the content of a lock goes to parseContract',
  })
}

const lockPointer = ''
const dictionaryPointer = '/dictionary/path'

function reading(pointer: string, read: () => Uint8Array): Uint8Array {
  try {
    return read()
  } catch (cause) {
    return unreadable(pointer, cause as Error)
  }
}

function unreadable(pointer: string, cause: Error): never {
  const { path, code } = cause as { path?: string; code?: string }
  throw new SidelaneError('contract.invalid', {
    message: cause.message,
    pointer,
    ...(path !== undefined && code !== undefined && { params: { path, reason: code } }),
    cause,
  })
}

/** Names joined by "/", valid on every platform, relative to the lock. */
function dictionaryFile(lock: string | URL, contract: Contract): string | URL | undefined {
  const path = contract.lock.dictionary?.path
  if (path === undefined) return undefined
  if (lock instanceof URL) return new URL(path.split('/').map(encodeURIComponent).join('/'), lock)
  return lock.slice(0, Math.max(lock.lastIndexOf('/'), lock.lastIndexOf('\\')) + 1) + path
}
