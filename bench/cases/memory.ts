// `--memory`: the resident size of each of our contenders after 20,000 and after 100,000 payloads, each in a separate
// process.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import type { ContenderId } from '../contenders.ts'

export interface Memory {
  readonly id: string
  /** Resident bytes after 20,000 payloads. */
  readonly early: number
  /** Resident bytes after 100,000 payloads. */
  readonly late: number
  /** late / early. */
  readonly ratio: number
}

export const memoryIds: readonly ContenderId[] = ['inline-js', 'inline-native', 'pool-js', 'pool-native']

// A small, fixed young space and full collections only: otherwise the heap varies by tens of MiB over 100,000 payloads,
// which hides or imitates a leak. The flags apply to the pool's threads too.
export const steadyHeap = ['--gc-global', '--min-semi-space-size=4', '--max-semi-space-size=4']

/** Throws when the child process fails. */
export async function memoryOf(id: string, seed: number): Promise<Memory> {
  const file = new URL('./memory-child.js', import.meta.url).pathname
  const child = spawn(process.execPath, [...steadyHeap, file, id, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`The memory run of ${id} ended with code ${String(code)}`)
  const { early, late } = JSON.parse(text) as Pick<Memory, 'early' | 'late'>
  return { id, early, late, ratio: late / early }
}

export const memoryList = (list: readonly Memory[]): string =>
  list
    .map(
      ({ id, early, late, ratio }) =>
        `${id.padEnd(14)}  ${mib(early).padStart(7)} MiB after 20,000  ${mib(late).padStart(7)} MiB after 100,000  ratio ${ratio.toFixed(3)}`,
    )
    .join('\n')

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
