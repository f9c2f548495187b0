// The measurement at start-up: a made payload of 4 KiB here, a tiny one to a worker and back. A few milliseconds.

import { Call, type Outcome, type Placement, type Route } from '../../model/index.ts'
import { parseLock } from '../../contract/index.ts'
import { encodeUtf8 } from '#runtime'
import type { Measured } from './thresholds.ts'

/** Objects with texts and numbers, as most payloads are; the usual codec and digest. */
const lock = {
  profile: 'p1',
  unicode: '15.0',
  name: 'sidelane-probe',
  schema: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        sku: { type: 'string', minLength: 1, maxLength: 40 },
        title: { type: 'string', 'x-norm': ['trim', 'nfc'] },
        quantity: { type: 'integer', minimum: 1 },
        price: { type: 'number', minimum: 0 },
      },
      required: ['quantity', 'sku'],
      additionalProperties: false,
    },
  },
}

const sample = (): string =>
  JSON.stringify(
    Array.from({ length: 42 }, (_, i) => ({
      sku: `SKU-${(i * 7919) % 10_007}-${i}`,
      title: ` The article with the number ${(i * 104_729) % 1_000_003} `,
      quantity: 1 + (i % 9),
      price: (i * 337) / 100,
    })),
  )

/** Each part stops here; a code path that is not compiled yet would say too much after less. */
const enoughMs = 4
const leastRounds = 8
const mostRounds = 60

/** Adds a contract of its own to both. Rejects with what befalls a call. */
export async function measure(inline: Placement, pool: Placement): Promise<Measured> {
  const contract = parseLock(JSON.stringify(lock))
  const number = inline.add(contract, undefined)
  const route: Route = { contract, contractIndex: number, holders: [] }
  const [large, tiny] = [encodeUtf8(sample()), encodeUtf8('[]')]
  pool.add(contract, undefined)
  const sampleUs = await quickest(() => run(inline, route, large))
  const tinyUs = await quickest(() => run(inline, route, tiny))
  const thereAndBackUs = await quickest(() => run(pool, route, tiny))
  return { hopUs: Math.max(1, thereAndBackUs - tinyUs), sampleUs, sampleBytes: large.length }
}

/** The lower quartile: what the machine does when nobody is in the way. */
async function quickest(once: () => Promise<Outcome>): Promise<number> {
  const from = performance.now()
  const times: number[] = []
  while (times.length < leastRounds || (times.length < mostRounds && performance.now() - from < enoughMs)) {
    const startedAt = performance.now()
    await once()
    times.push((performance.now() - startedAt) * 1000)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)] as number
}

const run = (placement: Placement, route: Route, payload: Uint8Array): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    placement.run(new Call(route, payload, false, undefined, undefined, resolve, reject))
  })
