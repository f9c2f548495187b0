// Process entry of cases/memory.ts: `node memory-child.js ID SEED`, prints { early, late } as JSON.

import process from 'node:process'
import { createProcessor } from 'sidelane'
import { poolThreads } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import { median } from '../../src/util/stats.ts'
import { makeOrders } from '../payloads/orders.ts'

const [id = '', seed = '1'] = process.argv.slice(2)
const [placement, engine] = id.split('-') as ['inline' | 'pool', 'js' | 'native']
/** Calls in flight. */
const depth = 64
const payloads = makeOrders({ count: 256, seed: Number(seed) })

await using processor = await createProcessor(ourContract({ source: 'orders' }, 'sha-256'), {
  placement,
  engine,
  ...(placement === 'pool' && { threads: poolThreads(), deadlineMs: 60_000 }),
})

const early = await sizeAfter(0, 20_000)
const late = await sizeAfter(20_000, 100_000)
process.stdout.write(JSON.stringify({ early, late }))

/**
 * Resident bytes around the given count: the median of samples over the last 5,000 payloads, because the heap varies.
 */
async function sizeAfter(from: number, count: number): Promise<number> {
  const samples: number[] = []
  for (let done = from; done < count; done += depth) {
    await Promise.all(Array.from({ length: depth }, (_, i) => one(done + i)))
    if (count - done <= 5000) samples.push(process.memoryUsage.rss())
  }
  return median(samples)
}

async function one(index: number): Promise<void> {
  const outcome = await processor.process(payloads[index % payloads.length])
  if (!outcome.ok) throw new Error(`refused: ${outcome.code}`)
}
