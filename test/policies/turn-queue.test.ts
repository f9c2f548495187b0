// The bounds of the inline fallback on a virtual clock (F32): a slice of each turn, a queue bounded by time, then 429.
import { describe, expect, test } from 'vitest'
import { ProcessCall, type Call, type SidelaneError } from '../../src/model/index.ts'
import { TurnQueue } from '../../src/policies/turn-queue.ts'
import { contractOf } from '../support/locks.ts'

const contract = contractOf({}, { name: 'turns' })

interface Bench {
  /** Starts one call; returns it. */
  readonly start: () => Call
  readonly turn: () => void
  readonly ended: string[]
  readonly ranInTurn: () => number
  readonly advance: (ms: number) => void
}

/** A queue whose calls take `costMs` each. */
function benchOf(costMs: number, maxWaitMs = 50): Bench {
  let now = 0
  let ran = 0
  let next: (() => void) | undefined
  const ended: string[] = []
  const queue = new TurnQueue(
    (call) => {
      now += costMs
      ran++
      call.settle({ ok: false, code: 'parse.syntax', status: 400, issues: [], truncated: false })
    },
    { minWaiting: 8, maxWaitMs, clock: () => now, nextTurn: (callback) => void (next = callback) },
  )
  return {
    ended,
    start: () => {
      const call = new ProcessCall(
        { contract, contractIndex: 0 },
        '1',
        false,
        () => ended.push('ok'),
        (error: SidelaneError) => ended.push(error.code),
      )
      queue.start(call)
      return call
    },
    turn: () => {
      ran = 0
      const run = next
      next = undefined
      run?.()
    },
    ranInTurn: () => ran,
    advance: (ms) => void (now += ms),
  }
}

describe('a queue of turns', () => {
  test('runs a call at once while its turn has time', () => {
    const bench = benchOf(1)
    for (let i = 0; i < 5; i++) bench.start()
    expect(bench.ended.length).toBe(5)
    bench.start()
    expect(bench.ended.length).toBe(5)
    bench.turn()
    expect(bench.ended.length).toBe(6)
  })

  test('takes no more than its slice of a turn, and one call', () => {
    const bench = benchOf(2)
    for (let i = 0; i < 20; i++) bench.start()
    while (bench.ended.length < 20) {
      bench.turn()
      expect(bench.ranInTurn()).toBeLessThanOrEqual(3)
    }
    expect(bench.ended).toEqual(Array.from({ length: 20 }, () => 'ok'))
  })

  test('slow calls: one runs, eight wait, the others are refused', () => {
    const bench = benchOf(500)
    // It learns what a call takes.
    for (let i = 0; i < 60; i++) {
      bench.start()
      bench.turn()
    }
    bench.ended.length = 0
    for (let i = 0; i < 20; i++) bench.start()
    expect(bench.ended).toEqual(['ok', ...Array.from({ length: 11 }, () => 'overloaded')])
    for (let i = 0; i < 8; i++) bench.turn()
    expect(bench.ended.filter((end) => end === 'ok').length).toBe(9)
  })

  test('quick calls: a burst of hundreds waits and is answered', () => {
    const bench = benchOf(0.03)
    for (let i = 0; i < 500; i++) bench.start()
    for (let i = 0; i < 20; i++) bench.turn()
    expect(bench.ended).toEqual(Array.from({ length: 500 }, () => 'ok'))
  })

  test('a call that ends leaves the queue, and a late one does not run', () => {
    const bench = benchOf(6)
    bench.start()
    const [gone, late] = [bench.start(), bench.start()]
    late.expiresAt = 10
    gone.fail({ code: 'cancelled' } as SidelaneError)
    bench.advance(10)
    bench.turn()
    expect(bench.ended).toEqual(['ok', 'cancelled', 'deadline.exceeded'])
    expect(bench.ranInTurn()).toBe(0)
  })
})
