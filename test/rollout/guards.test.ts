// Guards and steps of a running rollout: it goes back by itself, says why, and waits for a person.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createProcessor, type AppFunction } from '../../src/index.ts'
import { fakeDaemon } from '../placements/fake-daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { named, oldCode, open, order, payloadOf, until } from './rollout-kit.ts'

const failing: AppFunction = () => {
  throw new Error('no')
}

test('a guard that trips sends all calls back, in one event, one line and the file, and does not climb again', async () => {
  const file = join(freshFolder(), 'rollout.json')
  const published: unknown[] = []
  const listener = (event: unknown): void => void published.push(event)
  subscribe('sidelane:events', listener)
  const { rollout, events, lines } = await open({
    candidate: failing,
    percent: 50,
    guards: { errorRate: { max: 0.05, minCalls: 10 } },
    fallback: 'baseline',
    advance: { every: 10, minCalls: 0 },
    steps: [50, 100],
    file,
  })
  let n = 0
  await until('it goes back', async () => {
    expect(await rollout.process(payloadOf(n++))).toMatchObject({ ok: true })
    return rollout.percent === 0
  })
  const before = rollout.stats().rollout?.candidate.calls
  for (let i = 0; i < 100; i++) await rollout.process(payloadOf(i))
  await sleep(300)
  expect(rollout.stats().rollout).toMatchObject({ percent: 0, held: true, candidate: { calls: before } })
  const trips = events.filter((event) => event.type === 'percent' && event.by === 'guard')
  expect(trips.length).toBe(1)
  expect(trips[0]).toMatchObject({ contract: 'order', to: 0, held: true, guard: 'errorRate', value: 1, max: 0.05 })
  expect(published.filter((event) => trips.includes(event as never)).length).toBe(1)
  unsubscribe('sidelane:events', listener)
  const told = lines
    .map((line) => JSON.parse(line) as { event: string; by?: string })
    .filter(({ by }) => by === 'guard')
  expect(told).toMatchObject([{ level: 'warn', event: 'rollout_percent', guard: 'errorRate' }])
  await until('the file has it', () => readFileSync(file, 'utf8').includes('errorRate'))
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ order: { percent: 0, held: true } })
  await rollout.set(1)
  expect(rollout.held).toBe(false)
})

test.for([true, false])(
  'calls that end by their deadline on a processor count once, with breaker %s',
  async (breaker) => {
    const daemon = await fakeDaemon({ contracts: [{ contract: order }], request: () => true })
    onTestFinished(() => daemon.remove())
    const candidate = await createProcessor(order, { placement: 'sidecar', socket: daemon.path })
    const { rollout } = await open({
      candidate,
      percent: 100,
      breaker: breaker && { minCalls: 11, failureRatio: 1 },
      fallback: { to: 'baseline', exercise: 0 },
      // The fallback must have time left on a busy machine too.
      deadlineMs: 400,
    })
    const offer = (calls: number): Promise<unknown> =>
      Promise.allSettled(Array.from({ length: calls }, (_, i) => rollout.process(payloadOf(i))))
    await offer(10)
    expect(rollout.stats().rollout?.candidate).toMatchObject({ calls: 10, deadlineExceeded: 10, errors: 0 })
    if (!breaker) return
    expect(rollout.stats().breaker).toMatchObject({ state: 'closed', opened: 0 })
    await offer(1)
    expect(rollout.stats().breaker).toMatchObject({ state: 'open', opened: 1 })
  },
)

test('with stepBack: "step" it goes to the step before', async () => {
  const { rollout } = await open({
    candidate: failing,
    percent: 50,
    guards: { errorRate: { max: 0.05, minCalls: 10 } },
    fallback: 'baseline',
    stepBack: 'step',
  })
  let n = 0
  await until('it goes back', async () => {
    await rollout.process(payloadOf(n++))
    return rollout.percent !== 50
  })
  expect([rollout.percent, rollout.held]).toEqual([25, true])
})

test.each<[string, AppFunction, object, object]>([
  ['deadlines', () => new Promise(() => {}), { deadlineRate: { max: 0, minCalls: 5 } }, { deadlineMs: 20 }],
  [
    'added latency',
    async (payload, call) => {
      await sleep(20)
      return oldCode(payload, call)
    },
    { p95AddedMs: { max: 5, minCalls: 5 } },
    {},
  ],
  [
    'shadows that differ',
    named('new'),
    { shadowMismatchRate: { max: 0, minCalls: 5 } },
    { shadow: 100, deadlineMs: 1000 },
  ],
])('a guard on %s', async (_, candidate, guards, options) => {
  const off = { errorRate: false, deadlineRate: false, p95AddedMs: false, shadowMismatchRate: false } as const
  const { rollout, events } = await open({ candidate, percent: 50, guards: { ...off, ...guards }, ...options })
  let n = 0
  await until('it goes back', async () => {
    await Promise.allSettled(Array.from({ length: 8 }, () => rollout.process(payloadOf(n++))))
    return rollout.percent === 0
  })
  expect(events.find(({ type }) => type === 'percent')).toMatchObject({ by: 'guard', guard: Object.keys(guards)[0] })
})

test('shadow runs from before a step back do not trip the guard of the new step', async () => {
  const waiting: (() => void)[] = []
  const candidate: AppFunction = async () => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return { ok: true, body: Buffer.from('"new"'), codec: 'none' }
  }
  const { rollout } = await open({
    baseline: named('old'),
    candidate,
    shadow: { percent: 100, maxInFlight: 100 },
    guards: { errorRate: false, deadlineRate: false, p95AddedMs: false, shadowMismatchRate: { max: 0, minCalls: 5 } },
  })
  for (let i = 0; i < 20; i++) await rollout.process(payloadOf(i))
  await until('they run', () => waiting.length === 20)
  await rollout.set(5)
  for (const end of waiting) end()
  await until('they are compared', () => rollout.stats().rollout?.shadow?.mismatched === 20)
  await sleep(300)
  expect([rollout.percent, rollout.held]).toEqual([5, false])
})

test('it climbs by itself while the guards are green, and only with calls', async () => {
  const { rollout, events } = await open({
    candidate: oldCode,
    percent: 0,
    guards: {},
    steps: [10, 60, 100],
    advance: { every: 50, minCalls: 20 },
  })
  await until('the first step needs no calls', () => rollout.percent === 10)
  await sleep(600)
  expect(rollout.percent).toBe(10)
  let n = 0
  await until('it has climbed', async () => {
    await rollout.process(payloadOf(n++))
    return rollout.percent === 100
  })
  expect(events.map((event) => (event.type === 'percent' ? [event.from, event.to, event.by] : event.type))).toEqual([
    [0, 10, 'advance'],
    [10, 60, 'advance'],
    [60, 100, 'advance'],
  ])
})

test('a percent that a person writes meanwhile is not climbed over', async () => {
  const file = join(freshFolder(), 'rollout.json')
  writeFileSync(file, JSON.stringify({ order: { percent: 10 } }))
  const { rollout } = await open({ candidate: oldCode, file, steps: [10, 20], advance: { every: 400, minCalls: 0 } })
  writeFileSync(file, JSON.stringify({ order: { percent: 3, held: true } }))
  await until('it follows', () => rollout.percent === 3)
  await sleep(900)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ order: { percent: 3, held: true } })
})
