// The usual code today: JSON.parse, zod, JSON.stringify, gzipSync. Base of the other zod peers.

import { gzipSync } from 'node:zlib'
import { zodPeer, type ContractRef } from '../contracts/sources.ts'
import type { Answer, Contender } from '../contender.ts'

/** Parses and validates; undefined when zod rejects the payload. */
export function zodReader(ref: ContractRef): (payload: Buffer) => unknown {
  const { schema, before } = zodPeer(ref)
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

export const zodZlibPeer = (ref: ContractRef, level: number): Contender => ({
  id: 'zod+zlib',
  digest: 'none',
  side: 'peer',
  mode: 'sync',
  canonical: false,
  call: zodZlib(ref, level),
  close: async () => {},
})
