// What tests of the pool share: a worker that a payload makes act, and the payloads that do. What they hold against the pool is
// theirs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const faultyWorker: URL = new URL('./faulty-worker.js', import.meta.url)

/** The worker's source for another place. */
export const faultyWorkerSource = (): string =>
  readFileSync(faultyWorker, 'utf8').replaceAll('../../', new URL('../../', import.meta.url).href)

/** A payload that makes the worker act: the names are the worker's. */
export const act = (name: string, given: unknown = 0): string => JSON.stringify({ act: name, with: given })

/** One turn of the loop. */
export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A path in a fresh folder, which goes with the test. */
export function freshFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}
