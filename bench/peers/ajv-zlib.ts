// ajv, the fastest validator that compiles a schema, with the normalization written by hand before it.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { gzipSync } from 'node:zlib'
import { plainSchema } from '../contracts/lock-peer.ts'
import { handNormalizer, type ContractRef } from '../contracts/sources.ts'
import type { Contender } from '../contender.ts'

/** `lockSchema` is the schema of our own lock: the same checks, in the words of JSON Schema. */
export function ajvZlibPeer(ref: ContractRef, level: number, lockSchema: unknown): Contender {
  const normalize = handNormalizer(ref)
  // The lock's patterns say what a format would; ajv alone does not know formats. By exact remainders 0.29 would be no
  // multiple of 0.01.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, multipleOfPrecision: 9 })
  const validate = ajv.compile(plainSchema(lockSchema) as Record<string, unknown>)
  const options = { level }
  return {
    id: 'ajv+zlib',
    digest: 'none',
    side: 'peer',
    mode: 'sync',
    canonical: false,
    call(payload) {
      const value = normalize(JSON.parse(payload.toString()))
      if (!validate(value)) return { ok: false }
      return { ok: true, body: gzipSync(JSON.stringify(value), options), digest: null }
    },
    close: async () => {},
  }
}
