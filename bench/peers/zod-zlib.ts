// The usual code today: JSON.parse, zod, JSON.stringify, gzipSync. Base of the other zod peers.

import { gzipSync } from 'node:zlib'
import type * as z from 'zod'
import { zodPeer, type ContractRef } from '../contracts/sources.ts'
import type { Answer, Contender } from '../../src/measure/contender.ts'
import { syncPeer } from './sync-peer.ts'

/** Parses and validates; undefined when zod rejects the payload. `change` makes another schema of the contract's. */
export function zodReader(
  ref: ContractRef,
  change: (schema: z.ZodType) => z.ZodType = (schema) => schema,
): (payload: Buffer) => unknown {
  const { schema: given, before } = zodPeer(ref)
  const schema = change(given)
  return (payload) => {
    const value: unknown = JSON.parse(payload.toString())
    const parsed = schema.safeParse(before === undefined ? value : before(value))
    return parsed.success ? parsed.data : undefined
  }
}

/** The peer's work as a plain function: shared with the worker of piscina-plain. */
export function zodZlib(ref: ContractRef, level: number): (payload: Buffer) => Answer {
  const read = zodReader(ref)
  const options = { level }
  return (payload) => {
    const data = read(payload)
    if (data === undefined) return { ok: false }
    return { ok: true, body: gzipSync(JSON.stringify(data), options), digest: null }
  }
}

export const zodZlibPeer = (ref: ContractRef, level: number): Contender => syncPeer('zod+zlib', zodZlib(ref, level))
