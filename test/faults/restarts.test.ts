// Fault rows about the causes under which ended workers are counted, and about workers that load slowly.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createHost, type Host, type HostOptions, type Processor, type WorkerRestarts } from 'sidelane'
import { describe, expect, onTestFinished, test, vi, type TestContext } from 'vitest'
import { needEngine } from '../support/need.ts'
import { act, anything, faultyWorker, faultyWorkerSource, freshFile, pools, type Place } from './fault-kit.ts'

interface Opened {
  readonly host: Host
  readonly processor: Processor
}

const none: WorkerRestarts = { exit: 0, error: 0, memory: 0, hung: 0, load: 0 }

async function open({ placement, engine }: Place, context: TestContext, options: HostOptions = {}): Promise<Opened> {
  needEngine(engine, context)
  const host = await createHost({
    placement,
    engine,
    threads: 1,
    deadlineMs: 60_000,
    workerUrl: faultyWorker,
    ...options,
  })
  onTestFinished(() => host.destroy())
  return { host, processor: host.processor(anything) }
}

/** A worker file that takes 2 s to load, from the second worker on. */
function slowWorker(): URL {
  const [file, mark] = [freshFile('worker.mjs'), freshFile('started')]
  const pause = `
    import { existsSync as hasStarted, writeFileSync as start } from 'node:fs'
    const mark = ${JSON.stringify(mark)}
    if (hasStarted(mark)) await new Promise((resolve) => setTimeout(resolve, 2000))
    start(mark, '')
  `
  writeFileSync(file, `${faultyWorkerSource()}\n${pause}`)
  return pathToFileURL(file)
}

describe.each(pools)('$placement, $engine', (place) => {
  test.for([
    ['exit', (): string => act('exitOnce', freshFile('died'))],
    ['error', (): string => act('uncaught')],
    ['memory', (): string => act('heap')],
    // A payload may run until its deadline; only what outlives it hangs.
    ['hung', (): string => act('spin'), { deadlineMs: 2000 }],
  ] as const)('F75: a worker that ends is counted under its cause: %s', async ([cause, payload, options], context) => {
    const { host, processor } = await open(place, context)
    expect(host.stats().restarts).toEqual(none)
    await processor.process(payload(), options).catch(() => {})
    // An exception outside of a task ends the worker with its next one.
    expect(await processor.process('[1]')).toMatchObject({ ok: true })
    // The call may end before the thread does.
    await vi.waitFor(() => expect(host.stats().restarts?.[cause]).toBeGreaterThan(0), 30_000)
    const { restarts = none } = host.stats()
    expect({ ...restarts, [cause]: 0 }).toEqual(none)
    expect(processor.stats().restarts).toEqual(restarts)
  })

  test('F76: a worker that takes 2 s to load is not ended while it loads, and answers then', async (context) => {
    const { host, processor } = await open(place, context, { workerUrl: slowWorker() })
    await processor.process(act('exitOnce', freshFile('died')))
    expect(await processor.process('[1]')).toMatchObject({ ok: true })
    expect(host.stats().restarts).toEqual({ ...none, exit: 1 })
  })

  test('F76: closing does not wait for a worker that loads, and does not crash the process', async (context) => {
    const { host, processor } = await open(place, context, { workerUrl: slowWorker(), threads: 2 })
    await processor.process(act('exitOnce', freshFile('died')))
    await host.close()
    await sleep(2500)
    expect(host.state).toBe('closed')
  })
})
