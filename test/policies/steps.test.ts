// The percent of a rollout over time (F31): against a naive model, on a virtual clock, in random histories of calls, guards,
// persons and time.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { trippedGuard } from '../../src/policies/guards.ts'
import { SideMonitor } from '../../src/policies/side-monitor.ts'
import { Steps, type StepsOptions } from '../../src/policies/steps.ts'
import { Attempt, ProcessCall, SidelaneError, type Call, type Outcome } from '../../src/model/index.ts'
import { contractOf } from '../support/locks.ts'
import { runs, seed } from '../support/seed.ts'

type Event =
  | { readonly do: 'calls'; readonly count: number; readonly bad: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'set'; readonly percent: number }
  | { readonly do: 'stop' }

const windowMs = 10_000
const limit = { max: 0.1, minCalls: 10 }

/** Keeps every call, and looks at all of them. */
class NaiveRollout {
  percent = 0
  held = false
  readonly #options: StepsOptions
  #since: number
  #calls: { readonly at: number; readonly bad: boolean }[] = []

  constructor(options: StepsOptions, now: number) {
    this.#options = options
    this.#since = now
  }

  call(bad: boolean, now: number): void {
    this.#calls.push({ at: now, bad })
  }

  move(percent: number, held: boolean, now: number): void {
    this.percent = percent
    this.held = held
    this.#since = now
    this.#calls = []
  }

  /** What a rollout does five times a second. */
  look(now: number): void {
    const bucket = (at: number): number => Math.floor(at / (windowMs / 10))
    const recent = this.#calls.filter(({ at }) => bucket(at) > bucket(now) - 10)
    const bad = recent.filter((one) => one.bad).length
    const { steps, back, advance } = this.#options
    if (recent.length >= limit.minCalls && bad / recent.length > limit.max && (this.percent > 0 || !this.held)) {
      const lower = steps.findLast((step) => step < this.percent) ?? 0
      return this.move(back === 'zero' ? 0 : lower, true, now)
    }
    if (advance === undefined || this.held || now - this.#since < advance.everyMs) return
    if (this.percent > 0 && this.#calls.length < advance.minCalls) return
    const next = steps.find((step) => step > this.percent)
    if (next !== undefined) this.move(next, false, now)
  }
}

const contract = contractOf({}, { name: 'steps' })
const accepted: Outcome = {
  ok: true,
  body: new Uint8Array(),
  codec: 'none',
  digest: null,
  inBytes: 0,
  canonicalBytes: 0,
  outBytes: 0,
}

/** One call through the monitor, which counts it. */
function end(monitor: SideMonitor, bad: boolean): void {
  const ignore = (): void => {}
  const call = new ProcessCall({ contract, contractIndex: 0 }, '', false, ignore, ignore)
  monitor.layer((attempt: Call) => {
    expect(attempt).toBeInstanceOf(Attempt)
    if (bad) attempt.fail(new SidelaneError('unavailable'))
    else attempt.settle({ ...accepted })
  })(call)
}

const events = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('calls' as const),
        count: fc.integer({ min: 1, max: 12 }),
        bad: fc.oneof(fc.constant(0), fc.nat(3)),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.oneof(fc.nat(900), fc.nat(6000), fc.nat(50_000)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('set' as const), percent: fc.double({ min: 0, max: 100, noNaN: true }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
  ),
  { maxLength: 30 },
)

const optionsOf = fc.record({
  steps: fc.constantFrom([1, 5, 25, 50, 100], [0.1, 100], [100]),
  advance: fc.constantFrom(undefined, { everyMs: 1000, minCalls: 5 }, { everyMs: 5000, minCalls: 0 }),
  back: fc.constantFrom('zero' as const, 'step' as const),
})

test('F31: it does what the naive model does, in 10,000 random histories', () => {
  const seen = { trips: 0, climbs: 0 }
  fc.assert(
    fc.property(optionsOf, events, (options, history: readonly Event[]) => {
      let now = 1000
      const monitor = new SideMonitor({
        side: 'candidate',
        windowMs,
        via: () => ({ placement: 'inline', engine: 'js' }),
        clock: () => now,
      })
      const steps = new Steps(options, { percent: 0, held: false }, now)
      const naive = new NaiveRollout(options, now)
      const look = (): void => {
        const candidate = monitor.window()
        const idle = { calls: 0, errors: 0, deadlines: 0, latencies: 0, p95Ms: Number.NaN }
        const tripped = trippedGuard(
          { errorRate: limit },
          { baseline: idle, candidate, shadow: { compared: 0, mismatched: 0 } },
        )
        naive.look(now)
        if (tripped !== undefined && (steps.percent > 0 || !steps.held)) {
          const before = steps.percent
          steps.trip(now)
          monitor.restart()
          seen.trips++
          if (steps.percent > before || !steps.held) throw new Error('a tripped guard goes back and holds')
        } else {
          const next = steps.next(monitor.callsOfStep, now)
          if (next !== undefined) {
            if (steps.held) throw new Error('it climbs while it is held')
            steps.set(next, false, now)
            monitor.restart()
            seen.climbs++
          }
        }
        if (steps.percent !== naive.percent || steps.held !== naive.held) {
          throw new Error(`${steps.percent} ${steps.held} is not ${naive.percent} ${naive.held}`)
        }
      }
      for (const event of history) {
        if (event.do === 'wait') now += event.ms
        else if (event.do === 'calls') {
          for (let i = 0; i < event.count; i++) {
            end(monitor, i < event.bad)
            naive.call(i < event.bad, now)
          }
        } else {
          const percent = event.do === 'set' ? event.percent : 0
          steps.set(percent, event.do === 'stop', now)
          monitor.restart()
          naive.move(percent, event.do === 'stop', now)
        }
        look()
      }
    }),
    { numRuns: runs(10_000), seed },
  )
  expect(seen.trips).toBeGreaterThan(500)
  expect(seen.climbs).toBeGreaterThan(500)
})

describe('a guard', () => {
  const idle = { calls: 0, errors: 0, deadlines: 0, latencies: 0, p95Ms: Number.NaN }
  const none = { compared: 0, mismatched: 0 }

  test('needs its least number of calls', () => {
    const judge = (calls: number, errors: number): unknown =>
      trippedGuard(
        { errorRate: { max: 0.01, minCalls: 50 } },
        { baseline: idle, candidate: { ...idle, calls, errors }, shadow: none },
      )
    expect(judge(49, 49)).toBeUndefined()
    expect(judge(50, 0)).toBeUndefined()
    expect(judge(50, 1)).toEqual({ guard: 'errorRate', value: 0.02, max: 0.01, calls: 50 })
  })

  test('on the added latency needs the calls of both sides', () => {
    const judge = (baseline: number, candidate: number): unknown =>
      trippedGuard(
        { p95AddedMs: { max: 5, minCalls: 10 } },
        {
          baseline: { ...idle, calls: baseline, latencies: baseline, p95Ms: 1 },
          candidate: { ...idle, calls: candidate, latencies: candidate, p95Ms: 20 },
          shadow: none,
        },
      )
    expect(judge(9, 100)).toBeUndefined()
    expect(judge(100, 9)).toBeUndefined()
    expect(judge(10, 10)).toMatchObject({ guard: 'p95AddedMs', value: 19 })
  })

  test('on shadows counts comparisons', () => {
    const judge = (compared: number, mismatched: number): unknown =>
      trippedGuard(
        { shadowMismatchRate: { max: 0, minCalls: 20 } },
        { baseline: idle, candidate: idle, shadow: { compared, mismatched } },
      )
    expect(judge(19, 19)).toBeUndefined()
    expect(judge(20, 1)).toMatchObject({ guard: 'shadowMismatchRate', value: 0.05 })
  })
})
