// A pool worker with faults for tests: payloads tell it to exit, hang, throw and so on.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { freshFile } from './folders.ts'

export const faultyWorker: URL = new URL('./faulty-worker.js', import.meta.url)

/** The worker's source with absolute imports, for a file in another folder. */
export const faultyWorkerSource = (): string =>
  readFileSync(faultyWorker, 'utf8').replaceAll('../../', new URL('../../', import.meta.url).href)

/** A payload that triggers a fault; the names are those of `acts` in faulty-worker.js. */
export const act = (name: string, given: unknown = 0): string => JSON.stringify({ act: name, with: given })

/** Waits for one turn of the event loop. */
export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Held {
  /** The payload that holds the thread of its worker. */
  readonly payload: string
  release(): void
}

/** The release, or the end of the test, lets the worker go on. */
export function hold(): Held {
  const file = freshFile('held')
  writeFileSync(file, '')
  return { payload: act('hold', file), release: () => rmSync(file, { force: true }) }
}
