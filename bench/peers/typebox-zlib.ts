// TypeBox, whose validator is generated code too, with hand-written normalization before it.

import { gzipSync } from 'node:zlib'
import { Compile } from 'typebox/schema'
import { plainSchema } from '../../src/decide/lock-normalizer.ts'
import { handNormalizer, type ContractRef } from '../contracts/sources.ts'
import type { Contender } from '../../src/measure/contender.ts'
import { syncPeer } from './sync-peer.ts'

/** `lockSchema` is the schema of our lock: TypeBox's own schemas are JSON Schema too. */
export function typeboxZlibPeer(ref: ContractRef, level: number, lockSchema: unknown): Contender {
  const normalize = handNormalizer(ref)
  const validator = Compile(plainSchema(lockSchema) as Record<string, unknown>)
  // Without it TypeBox walks over the schema for each payload.
  if (!validator.IsAccelerated()) throw new Error('TypeBox cannot generate code here')
  const options = { level }
  return syncPeer('typebox+zlib', (payload) => {
    const value = normalize(JSON.parse(payload.toString()))
    if (!validator.Check(value)) return { ok: false }
    return { ok: true, body: gzipSync(JSON.stringify(value), options), digest: null }
  })
}
