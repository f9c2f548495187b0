// What the pool's tests share: a host on the faulty worker.
import { createHost, type Host, type HostOptions, type Processor } from 'sidelane'
import { onTestFinished } from 'vitest'
import { faultyWorker, hold, tick } from '../support/faulty.ts'
import { contractOf } from '../support/locks.ts'

export { act, faultyWorker, faultyWorkerSource, hold, tick } from '../support/faulty.ts'
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

/** Work that takes as long as the test needs it. */
export interface Busy {
  /** Resolves when it is done. */
  end(): Promise<void>
}

/** Gives both slots of the only worker something to do. */
export async function occupy(processor: Processor): Promise<Busy> {
  const slots = [hold(), hold()]
  const calls: Promise<unknown>[] = []
  for (const { payload } of slots) {
    calls.push(processor.process(payload))
    await tick()
  }
  return {
    async end() {
      for (const { release } of slots) release()
      await Promise.all(calls)
    },
  }
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
