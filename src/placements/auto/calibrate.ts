// The measurement at start-up: a generated payload of 4 KiB on this thread, a tiny one to a worker and back. It takes a few
// milliseconds.

import { ProcessCall, type Outcome, type Placement, type Route } from '../../model/index.ts'
import { parseLock } from '../../contract/index.ts'
import { encodeUtf8 } from '#runtime'
import type { Calibration } from './thresholds.ts'

/** Objects with texts and numbers, as most payloads are; the default codec and digest. */
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

/** Each part ends after this time; after less, code is not optimized yet and the measured time is too high. */
const enoughMs = 4
const minRounds = 8
const maxRounds = 60

/** Adds a contract of its own to both placements. Rejects when a call fails. */
export async function calibrate(inline: Placement, pool: Placement): Promise<Calibration> {
  const contract = parseLock(JSON.stringify(lock))
  const inlineRoute: Route = { contract, contractIndex: inline.add(contract, undefined) }
  const poolRoute: Route = { contract, contractIndex: pool.add(contract, undefined) }
  const [large, tiny] = [encodeUtf8(sample()), encodeUtf8('[]')]
  const sampleUs = await lowerQuartileUs(() => run(inline, inlineRoute, large))
  const tinyUs = await lowerQuartileUs(() => run(inline, inlineRoute, tiny))
  const roundTripUs = await lowerQuartileUs(() => run(pool, poolRoute, tiny))
  return { hopUs: Math.max(1, roundTripUs - tinyUs), sampleUs, sampleBytes: large.length }
}

/** The lower quartile: the time on a machine that does nothing else. */
async function lowerQuartileUs(once: () => Promise<Outcome>): Promise<number> {
  const from = performance.now()
  const times: number[] = []
  while (times.length < minRounds || (times.length < maxRounds && performance.now() - from < enoughMs)) {
    const startedAt = performance.now()
    await once()
    times.push((performance.now() - startedAt) * 1000)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)] as number
}

const run = (placement: Placement, route: Route, payload: Uint8Array): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    placement.run(new ProcessCall(route, payload, false, resolve, reject))
  })
