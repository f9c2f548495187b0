// F22: calls arrive at a fixed rate above the capacity of the pool. `npm run bench -- --overload` measures the same on an
// idle machine, beside Piscina with limits; here the bound is lower, and the capacity is measured just before.
import { describe, test } from 'vitest'
import { onTrial, pools } from './fault-kit.ts'
import { expectThroughput } from './flood.ts'

const deadlineMs = 1000
const maxQueue = 64

describe.each(pools)('$placement, $engine', (place) => {
  test.for([1.5, 3, 10])('F22: at %d times its capacity the pool keeps its throughput', async (times, context) => {
    await onTrial(context, place, (trial) => expectThroughput(trial, times, maxQueue), {
      deadlineMs,
      maxQueue,
      rehearsed: true,
    })
  })
})
