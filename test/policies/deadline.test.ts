// Deadlines while the thread is blocked, as an app does with long work of its own.
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Call } from '../../src/model/index.ts'
import { DeadlineTimer } from '../../src/policies/index.ts'

it.each([1, 10, 19, 40])('after a block that ends %d ms behind a deadline, the attempt ends first', async (lateMs) => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => clock.mockRestore())
  const ended: string[] = []
  const start = (name: string, expiresAt: number, isInner: boolean): void => {
    const call = { expiresAt, fail: () => calls.delete(call) && ended.push(name) }
    const calls = new Set([call])
    new DeadlineTimer(calls as unknown as Set<Call>, isInner).watch(expiresAt)
  }
  start('call', 60, false)
  start('attempt', 10, true)
  // Both timers are due.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  now = 60 + lateMs
  await vi.waitFor(() => expect(ended).toHaveLength(2))
  expect(ended).toEqual(['attempt', 'call'])
})
