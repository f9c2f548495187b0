// ajv, the fastest validator that compiles schemas, with hand-written normalization before it.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { gzipSync } from 'node:zlib'
import { plainSchema } from '../../src/decide/lock-normalizer.ts'
import { handNormalizer, type ContractRef } from '../contracts/sources.ts'
import type { Contender } from '../../src/measure/contender.ts'
import { syncPeer } from './sync-peer.ts'

/** `lockSchema` is the schema of our lock: the same checks as JSON Schema. */
export function ajvZlibPeer(ref: ContractRef, level: number, lockSchema: unknown): Contender {
  const normalize = handNormalizer(ref)
  // The lock's patterns replace formats, which ajv does not check alone. With exact remainders, 0.29 would not be a
  // multiple of 0.01.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, multipleOfPrecision: 9 })
  const validate = ajv.compile(plainSchema(lockSchema) as Record<string, unknown>)
  const options = { level }
  return syncPeer('ajv+zlib', (payload) => {
    const value = normalize(JSON.parse(payload.toString()))
    if (!validate(value)) return { ok: false }
    return { ok: true, body: gzipSync(JSON.stringify(value), options), digest: null }
  })
}
