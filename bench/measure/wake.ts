// The wake-up probe: the round trip of an empty message to a worker thread. It is the minimum for every other placement
// at depth 1, and varies between machines more than any other value.

import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { percentile } from '../../src/util/stats.ts'

export interface WakeProbe {
  readonly p50Us: number
  readonly p99Us: number
}

const echo = `const { parentPort } = require('node:worker_threads')
parentPort.on('message', (message) => parentPort.postMessage(message))`

export async function wakeProbe(rounds = 400): Promise<WakeProbe> {
  const worker = new Worker(echo, { eval: true })
  const samples = new Float64Array(rounds)
  for (let i = -50; i < rounds; i++) {
    const from = performance.now()
    const answered = once(worker, 'message')
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(0)
    await answered
    if (i >= 0) samples[i] = (performance.now() - from) * 1000
  }
  await worker.terminate()
  samples.sort()
  return { p50Us: percentile(samples, 0.5), p99Us: percentile(samples, 0.99) }
}
