// How placement auto chooses, with a fake clock and fake workers.
import { describe, expect, test } from 'vitest'
import { ProcessCall, rejected, type Call, type Outcome, type Route } from '../../src/model/index.ts'
import { AutoPlacement } from '../../src/placements/auto/auto.ts'
import { InlineRate, thresholdsOf } from '../../src/placements/auto/thresholds.ts'
import { contractOf } from '../support/locks.ts'
import { tick } from '../support/faulty.ts'

/** The budget of a turn is 200 µs, as long as the round trip to a worker; the small payload takes 54 µs. */
const thresholds = thresholdsOf({ hopUs: 200, sampleUs: 50, sampleBytes: 4096 })
const [small, large] = [new Uint8Array(4500), new Uint8Array(40_000)]

function openFakes() {
  const contract = contractOf({}, { name: 'any' })
  const clock = { us: 0 }
  const went: string[] = []
  const engine = { kind: 'js', reason: '', tried: [] } as const
  const common = { engine, busyDepth: 1, stop: () => Promise.resolve() }
  const pool = {
    ...common,
    add: () => 3,
    name: 'pool' as const,
    isDown: false,
    restarts: { exit: 0, error: 0, memory: 0, hung: 0, load: 0 },
    waitUs: 0,
    expectedUs: () => 50,
    waitUsAt: () => pool.waitUs,
    takeOver: (_call: Call, _copy: () => Uint8Array): boolean => false,
    run: () => void went.push('pool'),
  }
  const inline = {
    ...common,
    add: () => 1,
    name: 'inline' as const,
    run: () => {},
    runAs(call: Call, contractIndex: number) {
      expect(contractIndex).toBe(1)
      clock.us += ((call.payload as Uint8Array).length + 1024) * (50 / 5120)
      went.push('inline')
      call.settle(rejected('parse.syntax'))
    },
  }
  const admission = (inner: (call: Call) => void) => inner
  const auto = new AutoPlacement({ inline, pool, admission, thresholds, clock: () => clock.us / 1000 })
  const route: Route = { contract, contractIndex: auto.add(contract, undefined) }
  const call = (payload: Uint8Array): { made: Call; ended: Promise<Outcome> } => {
    let made!: Call
    const ended = new Promise<Outcome>((resolve, reject) => {
      made = new ProcessCall(route, payload, false, resolve, reject)
    })
    ended.catch(() => {})
    return { made, ended }
  }
  const send = (payload: Uint8Array, count = 1): string[] => {
    went.length = 0
    for (let i = 0; i < count; i++) auto.run(call(payload).made)
    return [...went]
  }
  return { clock, pool, send, call }
}

const times = (count: number, what: string): string[] => Array.from({ length: count }, () => what)

describe('a small payload', () => {
  test('runs inline until the budget of the turn is used up; each turn has a new one', async () => {
    const { send } = openFakes()
    for (let i = 0; i < 3; i++) {
      expect(send(small, 6)).toEqual([...times(4, 'inline'), ...times(2, 'pool')])
      await tick()
      await tick()
    }
  })

  test('goes to the pool while the event loop is busy with other work', async () => {
    const { clock, send } = openFakes()
    send(small)
    clock.us += 10_000
    expect(send(small)).toEqual(['pool'])
    await tick()
    await tick()
    expect(send(small)).toEqual(['inline'])
  })

  test('may exceed the budget a little when the workers are busy for longer', () => {
    const { pool, send } = openFakes()
    pool.waitUs = 100_000
    expect(send(small, 10)).toEqual([...times(7, 'inline'), ...times(3, 'pool')])
  })

  test('runs inline when there are no workers, even in a long turn', () => {
    const { clock, pool, send } = openFakes()
    pool.isDown = true
    clock.us += 10_000
    expect(send(small, 20)).toEqual(times(20, 'inline'))
  })

  test('runs inline when the pool has lost its workers', async () => {
    const { pool, call } = openFakes()
    const { made, ended } = call(small)
    made.copiedBytes = small.length
    expect(pool.takeOver(made, () => Uint8Array.from(small))).toBe(true)
    expect(await ended).toMatchObject({ ok: false, code: 'parse.syntax' })
    expect(made.ranInline).toBe(true)
  })

  test('fails when its deadline has passed before it can run inline', async () => {
    const { clock, pool, call } = openFakes()
    const { made, ended } = call(small)
    made.copiedBytes = small.length
    made.expiresAt = 1
    clock.us = 2000
    expect(pool.takeOver(made, () => Uint8Array.from(small))).toBe(true)
    await expect(ended).rejects.toMatchObject({ code: 'deadline.exceeded' })
  })
})

describe('a large payload', () => {
  test('goes to the pool even when the event loop is idle or there are no workers', () => {
    const { pool, send } = openFakes()
    expect(send(large)).toEqual(['pool'])
    pool.isDown = true
    expect(send(large)).toEqual(['pool'])
  })

  test('does not run inline when the pool has lost its workers', () => {
    const { pool, call } = openFakes()
    const { made } = call(large)
    made.copiedBytes = large.length
    expect(pool.takeOver(made, () => large)).toBe(false)
    expect(made.settled).toBe(false)
  })
})

test('the inline rate follows the payloads, and one outlier hardly changes it', () => {
  expect(thresholds).toMatchObject({ inlineBudgetUs: 200, inlineMaxBytes: 19_456, hopUs: 200, perKibUs: 12.5 })
  const rate = new InlineRate(thresholds)
  expect(rate.expectedUs(4096)).toBeCloseTo(50)
  rate.add(4096, 1_000_000)
  expect(rate.expectedUs(4096)).toBeLessThan(70)
  for (let i = 0; i < 100; i++) rate.add(4096, 300)
  expect(rate.expectedUs(4096)).toBeGreaterThan(250)
})

test('a contract that was slow runs inline again after the workers were fast with it', () => {
  const rate = new InlineRate(thresholds)
  for (let i = 0; i < 100; i++) rate.add(4096, 300)
  for (let i = 0; i < 200; i++) rate.decay(4096, 60)
  expect(rate.expectedUs(4096)).toBeLessThan(thresholds.inlineBudgetUs)
  for (let i = 0; i < 200; i++) rate.decay(4096, 600)
  expect(rate.expectedUs(4096)).toBeLessThan(thresholds.inlineBudgetUs)
})

test('the budget is bounded whatever the calibration measured', () => {
  const budget = (hopUs: number): number => thresholdsOf({ hopUs, sampleUs: 50, sampleBytes: 4096 }).inlineBudgetUs
  expect([1, 200, 1_000_000].map(budget)).toEqual([100, 200, 500])
})
