// The worker of piscina-plain: one payload in, one outcome out.

import { workerData } from 'piscina'
import type { Answer } from '../../src/measure/contender.ts'
import type { PlainWorkerData } from './piscina-plain.ts'
import { zodZlib } from './zod-zlib.ts'

const { ref, level } = workerData as PlainWorkerData
const run = zodZlib(ref, level)

export function handle(payload: Uint8Array): Answer {
  const answer = run(Buffer.from(payload.buffer, payload.byteOffset, payload.length))
  // gzipSync returns a view on a larger buffer, which the message would clone whole: copied to be fair to the peer.
  return answer.ok ? { ...answer, body: Uint8Array.from(answer.body) } : answer
}
