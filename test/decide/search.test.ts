// The search for a break-even, the interval of a median, and payloads of other sizes.

import { describe, expect, test } from 'vitest'
import { bisect, crossing, type Step } from '../../src/decide/search.ts'
import { fourSizes, meanBytes, sized } from '../../src/decide/sizes.ts'
import { referencesOf } from '../../src/decide/cost-probe.ts'
import { medianInterval } from '../../src/measure/intervals.ts'
import type { LockDocument } from '../../src/model/index.ts'
import { parseContract } from '../../src/contract/index.ts'

describe('bisection', () => {
  const balance = (value: number): number => (value / 700) ** 0.8
  const step = (value: number): Step => ({ value, balance: balance(value) })

  test('finds where the balance is 1, in few measurements', async () => {
    const plan = { measure: async (value: number) => step(value), maxSteps: 4, tolerance: 0.02 }
    const steps = await bisect(step(100), step(6400), plan)
    expect(steps.at(-1)?.value).toBeGreaterThan(680)
    expect(steps.at(-1)?.value).toBeLessThan(720)
  })

  test('ends where there is nothing to measure between two neighbours', async () => {
    const plan = { measure: async () => step(100), maxSteps: 4, tolerance: 0.02 }
    expect(await bisect(step(100), step(6400), plan)).toEqual([])
  })

  test('the crossing is between neighbours; without one there is none', () => {
    expect(crossing([step(100), step(400), step(1600)])).toEqual([step(400), step(1600)])
    expect(crossing([step(1600), step(6400)])).toBeUndefined()
  })
})

test('the interval of a median leaves out what 5 % on each side allow', () => {
  expect(medianInterval([5, 1, 9, 3, 7, 2, 8, 4, 6])).toEqual({ median: 5, low: 2, high: 8 })
  expect(medianInterval([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 })
  expect(medianInterval(Array.from({ length: 5 }, (_, i) => i))).toEqual({ median: 2, low: 0, high: 4 })
})

describe('payloads of other sizes', () => {
  const lock = parseContract({
    ...{ profile: 'p1', unicode: '15.0', name: 'order', digest: 'none', compress: { codec: 'none' } },
    schema: {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        note: { type: 'string' },
        lines: { type: 'array', items: { $ref: '#/$defs/line' } },
        parent: { $ref: '#' },
      },
      required: ['id', 'lines'],
      additionalProperties: false,
      $defs: { line: { type: 'object', properties: { sku: { type: 'string' } }, additionalProperties: false } },
    },
  }).lock
  const line = (i: number): object => ({ sku: `sku-${i}-${'x'.repeat(20)}` })
  const payloads = Array.from({ length: 8 }, (_, i) =>
    Buffer.from(
      JSON.stringify({
        id: i,
        note: 'n'.repeat(40),
        lines: Array.from({ length: 24 }, (_unused, at) => line(at + i)),
        parent: { id: 1, lines: [] },
      }),
    ),
  )
  const base = { lock, payloads }

  test.each([4, 16, 0.25])('%d times the size is accepted by a contract that follows', (factor) => {
    const size = sized(base, factor * meanBytes(payloads))
    expect(size).toBeDefined()
    expect((size?.bytes ?? 0) / meanBytes(payloads) / factor).toBeGreaterThan(0.7)
    expect((size?.bytes ?? 0) / meanBytes(payloads) / factor).toBeLessThan(1.4)
    const accepted = referencesOf(size?.lock as LockDocument, undefined, size?.payloads ?? [])
    expect(accepted?.payloads.length).toBe(size?.payloads.length)
  })

  test('four sizes, rising, the own one among them', () => {
    const sizes = fourSizes(base, () => true)
    expect(sizes).toHaveLength(4)
    expect(sizes.map(({ bytes }) => bytes)).toEqual(sizes.map(({ bytes }) => bytes).toSorted((a, b) => a - b))
    expect(sizes.filter(({ made }) => made === 'yours')).toHaveLength(1)
  })

  test('payloads that cannot shrink have no smaller size', () => {
    const scalar = { ...lock, schema: { type: 'string' } } as LockDocument
    expect(sized({ lock: scalar, payloads: [Buffer.from('"abcdefgh"')] }, 3)).toBeUndefined()
  })
})
