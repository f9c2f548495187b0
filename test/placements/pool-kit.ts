// What the pool's tests share: a host on the faulty worker.
import { createHost, type Host, type HostOptions, type Processor } from 'sidelane'
import { onTestFinished } from 'vitest'
import { act, faultyWorker, tick } from '../support/faulty.ts'
import { contractOf } from '../support/locks.ts'

export { act, faultyWorker, faultyWorkerSource, tick } from '../support/faulty.ts'
export { freshFile } from '../support/folders.ts'

/** A host of one thread, destroyed with the test. */
export async function openPool(options: HostOptions = {}): Promise<{ host: Host; processor: Processor }> {
  const host = await createHost({
    placement: 'pool',
    engine: 'js',
    threads: 1,
    deadlineMs: 20_000,
    workerUrl: faultyWorker,
    ...options,
  })
  onTestFinished(() => host.destroy())
  return { host, processor: host.processor(contractOf({}, { name: 'anything' })) }
}

/** Gives both slots of the only worker something to do for `ms` (each). */
export async function occupy(processor: Processor, ms: number): Promise<Promise<unknown>[]> {
  const first = processor.process(act('sleep', ms))
  await tick()
  const second = processor.process(act('sleep', ms))
  await tick()
  return [first, second]
}

/** How a call ended, and after how many milliseconds. */
export async function timed(call: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const startedAt = performance.now()
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, ms: performance.now() - startedAt }
}
