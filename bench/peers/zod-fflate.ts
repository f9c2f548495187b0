// zod with fflate, the compressor for runtimes without node:zlib.

import { gzipSync, strToU8, type GzipOptions } from 'fflate'
import type { ContractRef } from '../contracts/sources.ts'
import type { Contender } from '../../src/measure/contender.ts'
import { syncPeer } from './sync-peer.ts'
import { zodReader } from './zod-zlib.ts'

export function zodFflatePeer(ref: ContractRef, level: number): Contender {
  const read = zodReader(ref)
  // mtime 0: otherwise the body contains the time of day, and two runs differ.
  const options: GzipOptions = { level: level as NonNullable<GzipOptions['level']>, mtime: 0 }
  return syncPeer('zod+fflate', (payload) => {
    const data = read(payload)
    if (data === undefined) return { ok: false }
    return { ok: true, body: gzipSync(strToU8(JSON.stringify(data)), options), digest: null }
  })
}
