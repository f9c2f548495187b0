// A rollout whose file is slow to read.
import { writeFileSync } from 'node:fs'
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
