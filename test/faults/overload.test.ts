// F22: calls arrive at a fixed rate above the capacity of the pool. `npm run bench -- --overload` measures the same on an
// idle machine, beside Piscina with limits; here the bound is lower, and the capacity is measured just before.
import { describe, expect, test } from 'vitest'
import { onTrial, pools } from './fault-kit.ts'
import { closedLoop, flood, floodFloor, floodTries } from './flood.ts'

const deadlineMs = 1000
const maxQueue = 64

describe.each(pools)('$placement, $engine', (place) => {
  test.for([1.5, 3, 10])('F22: at %d times its capacity the pool keeps its throughput', async (times, context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        let best = 0
        for (let i = 0; i < floodTries && best < floodFloor; i++) {
          const capacity = await closedLoop(trial, maxQueue)
          const { rate, endings } = await flood(trial, capacity * times)
          best = Math.max(best, rate / capacity)
          const codes = [...new Set(endings.map(({ code }) => code))]
          expect(['ok', 'overloaded', 'deadline.exceeded']).toEqual(expect.arrayContaining(codes))
          // Other processes may have lowered the measured capacity, so 1.5 times as much may be within the real one.
          if (times > 2) expect(codes).toContain('overloaded')
        }
        expect(best).toBeGreaterThan(floodFloor)
      },
      { deadlineMs, maxQueue, rehearsed: true },
    )
  })
})
