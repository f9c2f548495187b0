// A call that fails while a loop of calls still runs.
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Contender } from '../../src/measure/contender.ts'
import { runOpenLoop } from '../../src/measure/open-loop.ts'
import { runAtPace } from '../../src/measure/paced.ts'

function failing(mode: Contender['mode'], code: string): Contender {
  const call = async (): Promise<never> => {
    await setTimeout(1)
    throw Object.assign(new Error('the worker is gone'), { code })
  }
  return { id: 'failing', digest: 'none', side: 'ours', mode, canonical: true, call, close: async () => {} }
}

const payloads = [Buffer.from('1')]

/** What ends a process: rejections that nothing handles. */
async function unhandledIn(run: () => Promise<unknown>): Promise<unknown[]> {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  await run()
  await setTimeout(1)
  process.off('unhandledRejection', note)
  return unhandled
}

test.for([
  ['open loop, pool', () => runOpenLoop(failing('pool', 'x'), payloads, 1000, 50)],
  ['open loop, inline', () => runOpenLoop(failing('inline', 'x'), payloads, 1000, 50)],
  ['at a pace', () => runAtPace(failing('pool', 'x'), payloads, 1000, 50)],
] as const)('the fault reaches the caller and does not end the process: %s', async ([, run]) => {
  expect(await unhandledIn(() => expect(run()).rejects.toThrow('the worker is gone'))).toEqual([])
})

test.for(['pool', 'inline'] as const)('a refused call has no latency: %s', async (mode) => {
  expect([...(await runOpenLoop(failing(mode, 'overloaded'), payloads, 1000, 3))]).toEqual(Array(3).fill(Number.NaN))
})
