import { expect, test } from 'vitest'
import { LatencyWindow } from '../../src/util/latency-window.ts'

test.each([1, 144, 146, 580])('the p95 of %d ms is exact to a twentieth', (ms) => {
  const window = new LatencyWindow(30_000)
  for (let i = 0; i < 100; i++) window.add(ms, 1000)
  const { count, p95Ms } = window.read(1000)
  expect(count).toBe(100)
  expect(p95Ms).toBeGreaterThanOrEqual(ms)
  expect(p95Ms).toBeLessThanOrEqual(1.05 * ms)
})
