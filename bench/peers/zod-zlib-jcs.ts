// zod+zlib with the same work as ours: canonical form (npm canonicalize) and its SHA-256 before compression.

import canonicalize from 'canonicalize'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { ContractRef } from '../contracts/sources.ts'
import type { Contender } from '../../src/measure/contender.ts'
import { syncPeer } from './sync-peer.ts'
import { zodReader } from './zod-zlib.ts'

export function zodZlibJcsPeer(ref: ContractRef, level: number): Contender {
  const read = zodReader(ref)
  const options = { level }
  const peer = syncPeer('zod+zlib+jcs', (payload) => {
    const data = read(payload)
    if (data === undefined) return { ok: false }
    const text = canonicalize(data) as string
    const digest = createHash('sha256').update(text).digest('hex')
    return { ok: true, body: gzipSync(text, options), digest }
  })
  return { ...peer, digest: 'sha-256', canonical: true }
}
