// Samples as the bytes that are compressed: their canonical form under the contract.

import { lockText, parseLock } from '../contract/index.ts'
import { createEngine, payloadBytes } from '../engine/index.ts'
import type { Contract, Rejected } from '../model/index.ts'

/** Turns a payload (bytes, JSON text or a value) into its canonical form, or says why the contract rejects it. */
export function canonicalizer({ lock, profile }: Contract): (payload: unknown) => Uint8Array | Rejected {
  const { tables: _tables, dictionary: _dictionary, ...rest } = lock
  const bare = parseLock(lockText({ ...rest, compress: { codec: 'none' }, digest: 'none' }))
  const engine = createEngine('js').compile(bare)
  return (payload) => {
    const bytes = payloadBytes(payload, profile)
    if (!(bytes instanceof Uint8Array)) return bytes
    const outcome = engine.process(bytes, false)
    return outcome.ok ? outcome.body : outcome
  }
}
