// When a queue that is bounded by time refuses: the cases that both daemons share, and the turn of the event loop.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { StandingQueue } from '../../src/policies/standing-queue.ts'

interface Case {
  readonly name: string
  readonly steps: readonly (readonly [at: number, isLong: boolean, isRefused: boolean])[]
}

const file = new URL('../vectors/queue/standing.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] }

describe('the cases of both daemons', () => {
  test.each(cases)('$name', ({ steps }) => {
    const queue = new StandingQueue((end) => end())
    expect(steps.map(([at, isLong]) => [at, isLong, queue.refuses(isLong, at)])).toEqual(steps)
  })
})

test('what comes in one turn of the event loop is one burst, however long the turn takes', () => {
  let end!: () => void
  const queue = new StandingQueue((onEnd) => (end = onEnd))
  expect([0, 50, 400].map((at) => queue.refuses(true, at))).toEqual([false, false, false])
  end()
  expect(queue.refuses(true, 401)).toBe(true)
})
