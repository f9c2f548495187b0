// The zstd dictionary of a contract: the lock holds its path and hash, the bytes are a file of their own.
// native/core/src/dictionary.rs is the twin.

import { sha256Hex } from '#runtime'
import type { Contract, LockDictionary } from '../model/index.ts'
import { fileKinds } from '../tables/file-kinds.ts'
import { invalid } from './lock/errors.ts'

const { maxBytes } = fileKinds.dictionary

/** First bytes of a dictionary with entropy tables (RFC 8878, 5), little-endian; its id follows. */
const magic = 0xec30a437

/** The lock's entry for a dictionary of these bytes. */
export const describeDictionary = (path: string, bytes: Uint8Array): LockDictionary => ({
  id: idOf(bytes),
  sha256: sha256Hex(bytes),
  path,
})

/** The contract with its dictionary. Throws `contract.invalid` for bytes that do not match the lock. */
export function withDictionary<In, Out>(contract: Contract<In, Out>, bytes: Uint8Array): Contract<In, Out> {
  const expected = contract.lock.dictionary
  if (expected === undefined) throw invalid('/dictionary', 'The lock names no dictionary.')
  if (bytes.length === 0) throw missing()
  if (bytes.length > maxBytes) throw invalid('/dictionary', 'The dictionary is larger than 1,048,576 bytes.')
  // A copy, because the caller may overwrite the bytes.
  const dictionary = new Uint8Array(bytes)
  const { id, sha256 } = describeDictionary(expected.path, dictionary)
  if (sha256 !== expected.sha256) throw invalid('/dictionary/sha256', "The dictionary's bytes have another SHA-256.")
  if (id !== expected.id) throw invalid('/dictionary/id', "The dictionary's bytes have another id.")
  return Object.freeze({ ...contract, dictionary })
}

/** The dictionary's bytes, undefined for a contract without one. Throws `contract.invalid` when they are missing. */
export function dictionaryOf({ lock, dictionary }: Contract): Uint8Array | undefined {
  if (lock.dictionary !== undefined && dictionary === undefined) throw missing()
  return dictionary
}

/** Of the engines: the bytes are those of the lock, and begin like a trained dictionary without being one. */
export const refusedDictionary = (): Error => invalid('/dictionary', 'zstd refuses the dictionary.')

const missing = (): Error => invalid('/dictionary', 'The bytes of the dictionary are missing.')

/** 0 for plain content, as in the frames that use it. */
function idOf(bytes: Uint8Array): number {
  if (bytes.length < 8) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return view.getUint32(0, true) === magic ? view.getUint32(4, true) : 0
}
