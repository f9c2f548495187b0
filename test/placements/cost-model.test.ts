// The estimates of the pool: time per payload, size of a task, and how long the workers are busy.
import { expect, test } from 'vitest'
import { maxBatch } from '../../src/placements/pool/batch-layout.ts'
import { CostModel, WaitEstimator } from '../../src/placements/pool/cost-model.ts'

test('the size of a task follows the measured time', () => {
  const slow = new CostModel()
  const fast = new CostModel()
  for (let i = 0; i < 50; i++) {
    slow.add(5000, 1, 4096)
    fast.add(200, 10, 40_960)
  }
  expect(slow.perTask).toBe(1)
  expect(fast.perTask).toBe(maxBatch)
  // A second task only for enough work.
  expect(fast.tasksFor(4, 4 * 4096, 2)).toBe(1)
  expect(slow.tasksFor(4, 4 * 4096, 2)).toBe(2)
  // One payload of a megabyte fills a task.
  expect(fast.isFull(1, 4096)).toBe(false)
  expect(fast.isFull(2, 3_000_000)).toBe(true)
})

test('the shortest time is the best measured one, and 0 before the first measurement', () => {
  const costs = new CostModel()
  expect(costs.leastMs(1_000_000)).toBe(0)
  costs.add(90_000, 1, 4096)
  costs.add(100, 1, 4096)
  expect(costs.leastMs(4096)).toBeCloseTo(0.1)
})

test('the expected time is proportional to the bytes and follows the newest tasks', () => {
  const costs = new CostModel()
  expect(costs.expectedUs(1, 4096)).toBeCloseTo(150)
  for (let i = 0; i < 50; i++) costs.add(1000, 10, 10 * 3072)
  expect(costs.expectedUs(1, 3072)).toBeCloseTo(100, 0)
  expect(costs.expectedUs(1, 7168)).toBeCloseTo(200, 0)
  expect(costs.expectedUs(10, 30_720)).toBeCloseTo(1000, 0)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('a task that took %d µs changes no estimate', (us) => {
  const costs = new CostModel()
  costs.add(us, 1, 4096)
  expect(costs.expectedUs(1, 4096)).toBeCloseTo(150)
  expect(costs.perTask).toBe(26)
  expect(costs.leastMs(4096)).toBe(0)
})

test('the wait for a worker counts the tasks of all workers, by how long they have run', () => {
  const waits = new WaitEstimator(2)
  const first = { expectedUs: 1000 }
  const second = { expectedUs: 2000 }
  const third = { expectedUs: 4000 }
  waits.sent(first, 0)
  expect(waits.waitUsAt(0)).toBe(0)
  waits.sent(second, 0)
  waits.sent(third, 0)
  expect(waits.waitUsAt(0)).toBe(3500)
  expect(waits.waitUsAt(1)).toBe(2500)
  // A task that is overdue by some time is expected to take that much longer.
  expect(waits.waitUsAt(4)).toBe((3000 + 2000 + 4000) / 2)
  waits.ended(first, 1)
  expect(waits.waitUsAt(1)).toBe((1000 + 4000) / 2)
  waits.ended(second, 2)
  expect(waits.waitUsAt(2)).toBe(0)
})
