// The breaker as a state machine: against a naive model on a virtual clock (F30, F31), and its defaults by example.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SidelaneError, type BreakerSettings } from '../../src/model/index.ts'
import { resolveBreaker } from '../../src/model/policy-options.ts'
import { Breaker, healthOf, type Health } from '../../src/policies/breaker.ts'
import { runs, seed } from '../support/seed.ts'

const defaults = resolveBreaker(true) as BreakerSettings

/** The breaker as one would write it without thought of speed: it keeps every event and looks at all of them. */
class NaiveBreaker {
  state: 'closed' | 'open' | 'half-open' = 'closed'
  readonly #settings: BreakerSettings
  readonly #random: () => number
  #events: { readonly at: number; readonly health: Health }[] = []
  #openings = 0
  #openMs = 0
  #until = 0
  #epoch = 0
  #probe: { readonly id: number; readonly since: number } | undefined
  #ids = 0

  constructor(settings: BreakerSettings, random: () => number) {
    this.#settings = settings
    this.#random = random
  }

  enter(now: number): { readonly epoch: number; readonly probe: number | undefined } | undefined {
    if (this.state === 'open' && now >= this.#until) {
      this.state = 'half-open'
      this.#epoch++
      this.#probe = undefined
    }
    if (this.state === 'closed') return { epoch: this.#epoch, probe: undefined }
    if (this.state === 'open') return undefined
    if (this.#probe !== undefined && now < this.#probe.since + this.#openMs) return undefined
    this.#probe = { id: ++this.#ids, since: now }
    return { epoch: this.#epoch, probe: this.#probe.id }
  }

  leave({ epoch, probe }: { readonly epoch: number; readonly probe: number | undefined }, health: Health, now: number) {
    if (epoch !== this.#epoch) return
    if (this.state === 'half-open') {
      if (health === 'unknown' && probe !== this.#probe?.id) return
      if (health === 'unknown') this.#probe = undefined
      else if (health === 'ok') {
        this.state = 'closed'
        this.#epoch++
        this.#openings = 0
        this.#events = []
      } else this.#open(now)
      return
    }
    if (health === 'unknown') return
    this.#events.push({ at: now, health })
    const bucket = (at: number): number => Math.floor(at / (this.#settings.windowMs / 10))
    const recent = this.#events.filter(({ at }) => bucket(at) > bucket(now) - 10)
    const failed = recent.filter((event) => event.health !== 'ok').length
    const inARow = this.#events.slice(-this.#settings.connectFailures)
    const noConnects =
      inARow.length === this.#settings.connectFailures && inARow.every((event) => event.health === 'connect')
    const tooMany = recent.length >= this.#settings.minCalls && failed >= this.#settings.failureRatio * recent.length
    if (health !== 'ok' && (noConnects || tooMany)) this.#open(now)
  }

  #open(now: number): void {
    this.#openMs = Math.min(this.#settings.maxOpenMs, this.#settings.openMs * 2 ** this.#openings++)
    this.#openMs *= 0.9 + 0.2 * this.#random()
    this.#until = now + this.#openMs
    this.state = 'open'
    this.#epoch++
    this.#events = []
  }
}

type Step =
  | { readonly start: number }
  | { readonly end: number; readonly count: number; readonly health: Health }
  | { readonly wait: number }

const healths = fc.constantFrom<Health>('ok', 'ok', 'failed', 'failed', 'connect', 'connect', 'unknown')
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ start: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 6, arbitrary: fc.record({ end: fc.nat(40), count: fc.integer({ min: 1, max: 25 }), health: healths }) },
    { weight: 2, arbitrary: fc.record({ wait: fc.oneof(fc.nat(50), fc.nat(2000), fc.nat(70_000)) }) },
  ),
  { maxLength: 60 },
)
const settingsOf = fc.record({
  failureRatio: fc.constantFrom(0.1, 0.5, 1),
  minCalls: fc.integer({ min: 1, max: 25 }),
  windowMs: fc.constantFrom(100, 1000, 10_000),
  connectFailures: fc.integer({ min: 1, max: 6 }),
  openMs: fc.constantFrom(1, 500),
  maxOpenMs: fc.constantFrom(500, 30_000),
})

test('F30: it does what the naive model does, in 10,000 random histories', () => {
  const opened = { times: 0 }
  fc.assert(
    fc.property(fc.oneof(fc.constant(defaults), settingsOf), steps, fc.nat(1e6), (settings, history, start) => {
      const random = (): (() => number) => {
        let n = 0
        return () => (n = (n + 0.37) % 1)
      }
      const real = new Breaker(settings, {}, random())
      const naive = new NaiveBreaker(settings, random())
      const running: { readonly generation: number; readonly entry: { epoch: number; probe: number | undefined } }[] =
        []
      let now = start
      for (const step of history as readonly Step[]) {
        if ('wait' in step) now += step.wait
        else if ('start' in step) {
          for (let i = 0; i < step.start; i++) {
            const generation = real.enter(now)
            const entry = naive.enter(now)
            same(generation !== 0, entry !== undefined)
            if (entry !== undefined) running.push({ generation, entry })
          }
        } else {
          for (const call of running.splice(step.end % Math.max(1, running.length), step.count)) {
            real.leave(call.generation, step.health, now)
            naive.leave(call.entry, step.health, now)
            same(real.state, naive.state)
          }
        }
      }
      opened.times += real.stats.opened
    }),
    { numRuns: runs(10_000), seed },
  )
  // The histories are about something.
  expect(opened.times).toBeGreaterThan(1000)
})

/** Not `expect`, which takes longer than the rest. */
function same(real: unknown, naive: unknown): void {
  if (real !== naive) throw new Error(`${String(real)} is not ${String(naive)}`)
}

/** Ends so many calls. */
const end = (breaker: Breaker, count: number, health: Health, now: number): void => {
  for (let i = 0; i < count; i++) breaker.leave(breaker.enter(now), health, now)
}

describe('by default', () => {
  test('it opens at half of at least 20 calls within 10 s', () => {
    const breaker = new Breaker(defaults)
    end(breaker, 19, 'failed', 0)
    expect(breaker.state).toBe('closed')
    end(breaker, 1, 'failed', 0)
    expect(breaker.state).toBe('open')
    const calm = new Breaker(defaults)
    end(calm, 15, 'failed', 0)
    end(calm, 15, 'failed', 11_000)
    expect(calm.state).toBe('closed')
  })

  test('it opens after 5 failed connects in a row', () => {
    const breaker = new Breaker(defaults)
    end(breaker, 4, 'connect', 0)
    end(breaker, 1, 'ok', 0)
    end(breaker, 4, 'connect', 0)
    expect(breaker.state).toBe('closed')
    end(breaker, 1, 'connect', 0)
    expect(breaker.state).toBe('open')
  })

  test('it is open for 500 ms, then twice as long after each failed probe, up to 30 s', () => {
    const breaker = new Breaker(defaults, {}, () => 0.5)
    end(breaker, 5, 'connect', 0)
    let now = 0
    for (const openMs of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      expect(breaker.enter(now + openMs - 1)).toBe(0)
      const probe = breaker.enter(now + openMs)
      expect(probe).not.toBe(0)
      expect(breaker.enter(now + openMs), 'one probe at a time').toBe(0)
      now += openMs
      breaker.leave(probe, 'failed', now)
    }
    expect(breaker.stats).toMatchObject({ state: 'open', opened: 9 })
  })

  test('a probe that takes longer than the open time decides all the same', () => {
    const breaker = new Breaker(defaults, {}, () => 0.5)
    end(breaker, 5, 'connect', 0)
    const slow = breaker.enter(500)
    const next = breaker.enter(1000)
    expect(next).not.toBe(0)
    breaker.leave(slow, 'unknown', 1050)
    expect(breaker.enter(1060), 'the next probe still runs').toBe(0)
    breaker.leave(slow, 'ok', 1100)
    expect(breaker.state).toBe('closed')
    breaker.leave(next, 'failed', 1200)
    expect(breaker.state).toBe('closed')
  })

  test('a call from before it opened does not close it', () => {
    const breaker = new Breaker(defaults)
    const old = breaker.enter(0)
    end(breaker, 5, 'connect', 0)
    breaker.leave(old, 'ok', 1)
    expect(breaker.state).toBe('open')
    const probe = breaker.enter(1000)
    breaker.leave(old, 'ok', 1000)
    expect(breaker.state).toBe('half-open')
    breaker.leave(probe, 'ok', 1000)
    expect(breaker.state).toBe('closed')
  })
})

test('faults of the caller and refusals say nothing about the path', () => {
  const codes = ['cancelled', 'overloaded', 'contract.unknown', 'contract.mismatch', 'options.invalid'] as const
  expect(codes.map((code) => healthOf(new SidelaneError(code)))).toEqual(codes.map(() => 'unknown'))
  expect(healthOf(new SidelaneError('deadline.exceeded'))).toBe('failed')
  expect(healthOf(new SidelaneError('internal.panic'))).toBe('failed')
  expect(healthOf(new SidelaneError('unavailable', { params: { reason: 'lost' } }))).toBe('failed')
  expect(healthOf(new SidelaneError('unavailable', { params: { reason: 'connect' } }))).toBe('connect')
  expect(healthOf({ ok: false, code: 'parse.syntax', status: 400, issues: [], truncated: false })).toBe('ok')
})
