// zod+zlib with `z.compile`: the validator is generated code instead of zod's interpreter.

import { gzipSync } from 'node:zlib'
import * as z from 'zod'
import type { ContractRef } from '../contracts/sources.ts'
import type { Contender } from '../../src/measure/contender.ts'
import { syncPeer } from './sync-peer.ts'
import { zodReader } from './zod-zlib.ts'

export function zodCompiledZlibPeer(ref: ContractRef, level: number): Contender {
  // Strict: it throws for a schema that it would leave to the interpreter, whole or in part.
  const read = zodReader(ref, (schema) => z.compile(schema, { strict: true }))
  const options = { level }
  return syncPeer('zod-compiled+zlib', (payload) => {
    const data = read(payload)
    if (data === undefined) return { ok: false }
    return { ok: true, body: gzipSync(JSON.stringify(data), options), digest: null }
  })
}
