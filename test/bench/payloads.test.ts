// The payloads of the benchmark: reproducible, varied, and valid as documented.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { clicks } from '../../bench/contracts/clicks.ts'
import { orders } from '../../bench/contracts/orders.ts'
import { zodTexts } from '../../bench/contracts/texts.ts'
import { makeClicks } from '../../bench/payloads/clicks.ts'
import { makeOrders } from '../../bench/payloads/orders.ts'
import { namedSets, seriesNames, sizeClasses, thinned, type PayloadSet } from '../../bench/payloads/sets.ts'

const schema = orders.schema(zodTexts)
const text = (payload: Uint8Array): string => Buffer.from(payload).toString()
const mean = (payloads: readonly Uint8Array[]): number =>
  payloads.reduce((sum, payload) => sum + payload.length, 0) / payloads.length

describe('generated orders', () => {
  const made = makeOrders({ count: 256, seed: 7 })

  test('the same seed gives the same bytes', () => {
    expect(makeOrders({ count: 256, seed: 7 }).map(text)).toEqual(made.map(text))
  })

  test('another seed gives other bytes', () => {
    expect(text(makeOrders({ count: 1, seed: 8 })[0] as Uint8Array)).not.toBe(text(made[0] as Uint8Array))
  })

  test('all are distinct', () => {
    expect(new Set(made.map(text)).size).toBe(256)
  })

  test('all are valid', () => {
    expect(made.filter((payload) => !schema.safeParse(JSON.parse(text(payload))).success)).toEqual([])
  })

  test('their mean size is 4 KB', () => {
    expect(mean(made)).toBeGreaterThan(3800)
    expect(mean(made)).toBeLessThan(4400)
  })

  test('some need normalization and others do not', () => {
    const changed = made.filter((payload) => {
      const order = JSON.parse(text(payload)) as object
      return JSON.stringify(schema.parse(order)) !== JSON.stringify(order)
    })
    expect(changed.length).toBeGreaterThan(25)
    expect(changed.length).toBeLessThan(231)
  })

  test('invalid orders are all rejected', () => {
    const broken = makeOrders({ count: 64, seed: 7, invalid: true })
    expect(broken.filter((payload) => schema.safeParse(JSON.parse(text(payload))).success)).toEqual([])
  })

  test('the largest stay under 1 MiB', () => {
    const large = makeOrders({ count: 8, seed: 1, meanBytes: 850_000 })
    expect(Math.max(...large.map((payload) => payload.length))).toBeLessThan(1_048_576)
  })
})

test('generated clicks are valid and about 256 bytes', () => {
  const made = makeClicks(256, 1)
  expect(made.every((payload) => clicks.schema(zodTexts).safeParse(JSON.parse(text(payload))).success)).toBe(true)
  expect(Math.abs(mean(made) - 256)).toBeLessThan(16)
})

const folder = new URL('../../bench/payloads/handmade/', import.meta.url)

test.for(readdirSync(folder))('the handmade %s is a valid order', (file) => {
  expect(schema.safeParse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).error).toBeUndefined()
})

test('a set is thinned evenly, by count and by bytes', () => {
  const payloads = Array.from({ length: 100 }, (_, index) => Buffer.alloc(10, index))
  const set: PayloadSet = {
    name: 'made',
    origin: 'made',
    contract: { source: 'orders' },
    payloads,
    available: 100,
    expect: 'accept',
    weight: 1,
  }
  expect(thinned(set, 4, 1e6).payloads.map((payload) => payload[0])).toEqual([0, 25, 50, 75])
  expect(thinned(set, 100, 20).payloads).toHaveLength(2)
  expect(thinned(set, 100, 1).payloads).toHaveLength(1)
  expect(thinned(set, 500, 1e6)).toBe(set)
})

describe('the series over sizes and scripts', () => {
  const makers = namedSets(3)
  const sets = seriesNames.map((name) => makers[name]?.() as PayloadSet)

  test('each size is there in ASCII, Latin and CJK', () => {
    expect(sets.map(({ series }) => series)).toEqual(
      ['ascii', 'latin', 'cjk'].flatMap((script) => sizeClasses.map(({ bytes }) => ({ script, bytes }))),
    )
  })

  test('payloads are about as large as the size says', () => {
    for (const { name, series, payloads } of sets) {
      expect(mean(payloads), name).toBeGreaterThan((series?.bytes ?? 0) * 0.75)
      expect(mean(payloads), name).toBeLessThan((series?.bytes ?? 0) * 1.35)
    }
  })

  test('all are valid', () => {
    for (const { name, contract, payloads } of sets) {
      const own = 'source' in contract && contract.source === 'clicks' ? clicks.schema(zodTexts) : schema
      for (const payload of payloads) expect(own.safeParse(JSON.parse(text(payload))).success, name).toBe(true)
    }
  })

  test('ASCII sets are ASCII, the others are not', () => {
    for (const { name, series, payloads } of sets) {
      const ascii = payloads.every((payload) => payload.every((byte) => byte < 0x80))
      expect(ascii, name).toBe(series?.script === 'ascii')
    }
  })
})
