// What the counts refer to: payloads from a fixed seed, and recorded locks, so that a change of the schema compiler or of
// the trainer is no change of the core.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ourContract } from '../contracts/ours.ts'
import { makeClicks } from '../payloads/clicks.ts'
import { makeOrders } from '../payloads/orders.ts'
import { byteList } from '../stages/rust-peers.ts'

const seed = 1
const orders = (count: number, meanBytes: number): Uint8Array[] => makeOrders({ count, seed, meanBytes })

const sets = [
  { name: 'clicks-256b', source: 'clicks', make: () => makeClicks(32, seed) },
  { name: 'orders-1kb', source: 'orders', make: () => orders(16, 1024) },
  { name: 'orders', source: 'orders', make: () => orders(16, 4096) },
  { name: 'orders-16kb', source: 'orders', make: () => orders(4, 16_384) },
  { name: 'orders-64kb', source: 'orders', make: () => orders(2, 65_536) },
  { name: 'orders-1mb', source: 'orders', make: () => orders(1, 850_000) },
] as const

const lockFile = (folder: string, source: string): string => join(folder, `${source}.lock.json`)

/** Writes the locks, with tables that were trained on payloads of another seed. */
export function recordLocks(folder: string): void {
  for (const source of new Set(sets.map((set) => set.source))) {
    const { lock } = ourContract({ source }, 'sha-256', { trained: true })
    writeFileSync(lockFile(folder, source), `${JSON.stringify(lock, null, 2)}\n`)
  }
}

export interface InstructionInputs {
  /** The program's arguments: `SET=LOCK,TRAINED_LOCK,PAYLOADS`. */
  readonly args: readonly string[]
  /** SHA-256 of all files. */
  readonly digest: string
}

/** Writes the program's files into `folder`. `records` has the locks. */
export function writeInputs(folder: string, records: string): InstructionInputs {
  const hash = createHash('sha256')
  const write = (name: string, content: string | Uint8Array): string => {
    const file = join(folder, name)
    hash.update(`${name}\n`).update(content)
    writeFileSync(file, content)
    return file
  }
  const args = sets.map(({ name, source, make }) => {
    const trained = JSON.parse(readFileSync(lockFile(records, source), 'utf8')) as Record<string, unknown>
    const { tables: _tables, ...plain } = trained
    const files = [
      write(`${name}.lock.json`, JSON.stringify(plain)),
      write(`${name}.trained.lock.json`, JSON.stringify(trained)),
      write(`${name}.payloads`, byteList(make())),
    ]
    return `${name}=${files.join(',')}`
  })
  return { args, digest: hash.digest('hex') }
}
