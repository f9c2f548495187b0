// The hard end of a run.

import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { createDeadline, isTimeOver, TimeOver } from '../../src/decide/time.ts'

const longAgo = (): number => performance.now() - 3_600_000

test('a request that is not answered in time is given up', async () => {
  // 52 s after the start at the latest, whatever `seconds` is: here 20 ms from now.
  const deadline = createDeadline(performance.now() - 51_980, 50)
  await expect(deadline.within(() => new Promise<never>(() => {}))).rejects.toThrow(TimeOver)
  expect(deadline.isOver()).toBe(true)
})

test('when the time is over, nothing is asked', async () => {
  const deadline = createDeadline(longAgo(), 2)
  let asked = 0
  const error: unknown = await deadline.within(async () => void asked++).catch((caught: unknown) => caught)
  expect([isTimeOver(error), asked]).toEqual([true, 0])
})

test('an answer in time, and an error that is another one, pass', async () => {
  const deadline = createDeadline(performance.now(), 2)
  expect(await deadline.within(async () => 7)).toBe(7)
  await expect(deadline.within(async () => await Promise.reject(new Error('other')))).rejects.toThrow('other')
  deadline.end()
})
