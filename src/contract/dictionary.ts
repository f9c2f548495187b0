// The dictionary of a contract: named and hashed by the lock, its bytes beside it. native/core/src/dictionary.rs is the
// twin. What a dictionary does to a body is the engines' business.

import { sha256Hex } from '#runtime'
import type { Contract } from '../model/index.ts'
import { invalid } from './lock/errors.ts'
import type { LockDictionary } from '../model/index.ts'

const maxBytes = 1_048_576

/** First bytes of a dictionary with entropy tables (RFC 8878, 5), little-endian; its id follows. */
const magic = 0xec30a437

/** What a lock says about a dictionary of these bytes. */
export const nameDictionary = (path: string, bytes: Uint8Array): LockDictionary => ({
  id: idOf(bytes),
  sha256: sha256Hex(bytes),
  path,
})

/** The contract with its dictionary. Throws `contract.invalid` for bytes that are not those of the lock. */
export function withDictionary<In, Out>(contract: Contract<In, Out>, bytes: Uint8Array): Contract<In, Out> {
  const said = contract.lock.dictionary
  if (said === undefined) throw invalid('/dictionary', 'The lock names no dictionary.')
  if (bytes.length === 0) throw missing()
  if (bytes.length > maxBytes) throw invalid('/dictionary', 'The dictionary is larger than 1,048,576 bytes.')
  // A copy: the caller may overwrite his.
  const dictionary = new Uint8Array(bytes)
  const { id, sha256 } = nameDictionary(said.path, dictionary)
  if (sha256 !== said.sha256) throw invalid('/dictionary/sha256', "The dictionary's bytes have another SHA-256.")
  if (id !== said.id) throw invalid('/dictionary/id', "The dictionary's bytes say another id.")
  return Object.freeze({ ...contract, dictionary })
}

/** The dictionary's bytes, undefined for a contract without one. Throws `contract.invalid` when they are missing. */
export function dictionaryOf({ lock, dictionary }: Contract): Uint8Array | undefined {
  if (lock.dictionary !== undefined && dictionary === undefined) throw missing()
  return dictionary
}

const missing = (): Error => invalid('/dictionary', 'The bytes of the dictionary are missing.')

/** 0 for plain content, as in the frames that are made with it. */
function idOf(bytes: Uint8Array): number {
  if (bytes.length < 8) return 0
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return view.getUint32(0, true) === magic ? view.getUint32(4, true) : 0
}
