// A rollout whose file is slow to read.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type * as RolloutFile from '../../src/rollout/file.ts'
import { freshFolder } from '../support/folders.ts'
import { open, until } from './rollout-kit.ts'

/** A read of the file that has its content, and is not through. */
const held = vi.hoisted(() => ({ next: false, release: undefined as (() => void) | undefined }))

vi.mock('../../src/rollout/file.ts', async (original) => {
  const actual = await original<typeof RolloutFile>()
  return {
    ...actual,
    readEntries: async (path: string) => {
      const entries = await actual.readEntries(path)
      if (held.next) {
        held.next = false
        await new Promise<void>((resolve) => (held.release = resolve))
      }
      return entries
    },
  }
})

test('a read that began before a write does not bring back what the file had', async () => {
  const file = join(freshFolder(), 'rollout.json')
  writeFileSync(file, JSON.stringify({ order: { percent: 25 } }))
  const { rollout, events } = await open({ file })
  held.next = true
  await until('the file is being read', () => held.release !== undefined)
  await rollout.stop()
  held.release?.()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([rollout.percent, rollout.held]).toEqual([0, true])
  expect(events.map((event) => event.type === 'percent' && [event.by, event.to])).toEqual([
    ['file', 25],
    ['code', 0],
  ])
  writeFileSync(file, JSON.stringify({ order: { percent: 5 } }))
  await until('it follows', () => rollout.percent === 5)
})

test('a guard that trips as a person stops the rollout does not raise the percent that they wrote', async () => {
  const file = join(freshFolder(), 'rollout.json')
  const stopped = { order: { percent: 0, held: true, reason: 'incident' } }
  writeFileSync(file, JSON.stringify({ order: { percent: 50 } }))
  const { rollout } = await open({
    file,
    fallback: 'baseline',
    stepBack: 'step',
    candidate: () => {
      throw new Error('no')
    },
    guards: { errorRate: { max: 0, minCalls: 1 } },
    onEvent(event) {
      // The write of the guard comes after this.
      if (event.type === 'percent' && event.by === 'guard') writeFileSync(file, JSON.stringify(stopped))
    },
  })
  for (let i = 0; i < 20; i++) await rollout.process(`{"id":"${i}"}`)
  await until('the guard has tripped', () => rollout.held)
  await until('it is stopped', () => rollout.percent === 0)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(stopped)
})

test('what an observer of a step sets is what the file has', async () => {
  const file = join(freshFolder(), 'rollout.json')
  const { rollout } = await open({
    file,
    percent: 1,
    steps: [1, 5],
    advance: { every: 1, minCalls: 0 },
    onEvent(event) {
      if (event.type === 'percent' && event.by === 'advance') void rollout.stop()
    },
  })
  await until('it is stopped', () => rollout.held)
  // Waits for the writes.
  await rollout.close()
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ order: { percent: 0, held: true } })
})
