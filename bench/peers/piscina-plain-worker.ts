// The thread side of piscina-plain: one payload in, one answer out.

import { workerData } from 'piscina'
import type { Answer } from '../contender.ts'
import type { PlainWorkerData } from './piscina-plain.ts'
import { zodZlib } from './zod-zlib.ts'

const { ref, level } = workerData as PlainWorkerData
const run = zodZlib(ref, level)

export function handle(payload: Uint8Array): Answer {
  const answer = run(Buffer.from(payload.buffer, payload.byteOffset, payload.length))
  // gzipSync hands out a view on a larger buffer, which the message would copy whole: the peer is spared that.
  return answer.ok ? { ...answer, body: Uint8Array.from(answer.body) } : answer
}
