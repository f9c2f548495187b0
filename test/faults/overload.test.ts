// F22: more comes than the pool can do, by the clock and whatever the answers do. The full figures, beside those of guarded
// Piscina, are in `npm run bench -- --overload`; here they are held against a knee of the same second, generously.
import { describe, expect, test } from 'vitest'
import { onTrial, pools } from './fault-kit.ts'
import { closedLoop, flood, floodFloor, floodTries } from './flood.ts'

const deadlineMs = 1000
const maxQueue = 64

describe.each(pools)('$placement, $engine', (place) => {
  test.for([1.5, 3, 10])('F22: %d times more than it can do: it goes on doing what it can', async (times, context) => {
    await onTrial(
      context,
      place,
      async (trial) => {
        let best = 0
        for (let i = 0; i < floodTries && best < floodFloor; i++) {
          const knee = await closedLoop(trial, maxQueue)
          const { rate, endings } = await flood(trial, knee * times)
          best = Math.max(best, rate / knee)
          const codes = [...new Set(endings.map(({ code }) => code))]
          expect(['ok', 'overloaded', 'deadline.exceeded']).toEqual(expect.arrayContaining(codes))
          // Half as much again may be what a knee that a neighbour has lowered leaves room for.
          if (times > 2) expect(codes).toContain('overloaded')
        }
        expect(best).toBeGreaterThan(floodFloor)
      },
      { deadlineMs, maxQueue, rehearsed: true },
    )
  })
})
