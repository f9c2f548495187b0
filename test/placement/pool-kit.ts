// What the pool's tests share: a host on the acting worker, and payloads that make it act.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHost, type Host, type HostOptions, type Processor } from 'sidelane'
import { onTestFinished } from 'vitest'
import { contractOf } from '../support/locks.ts'

export const actingWorker: URL = new URL('./acting-worker.js', import.meta.url)

/** A host of one thread, destroyed with the test. */
export async function openPool(options: HostOptions = {}): Promise<{ host: Host; processor: Processor }> {
  const host = await createHost({
    placement: 'pool',
    engine: 'js',
    threads: 1,
    deadlineMs: 20_000,
    workerUrl: actingWorker,
    ...options,
  })
  onTestFinished(() => host.destroy())
  return { host, processor: host.processor(contractOf({}, { name: 'anything' })) }
}

type Act = 'sleep' | 'touch' | 'exit' | 'exitOnce' | 'throw' | 'spin' | 'heap'

export const act = (name: Act, given: unknown = 0): string => JSON.stringify({ act: name, with: given })

/** Gives both slots of the only worker something to do for `ms` (each). */
export async function occupy(processor: Processor, ms: number): Promise<Promise<unknown>[]> {
  const first = processor.process(act('sleep', ms))
  await tick()
  const second = processor.process(act('sleep', ms))
  await tick()
  return [first, second]
}

export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A path in a fresh folder, which goes with the test. */
export function freshFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
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
