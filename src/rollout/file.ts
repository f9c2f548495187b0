// The rollout file: the percent of each contract, for operators and restarts. Written as a whole: a reader sees the state before
// or after, never a part. Entries of other contracts are kept as they are.

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, realpath, rename, rm, stat, unlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { FileError, readRegularFile } from '../runtime/regular-file.ts'

/** One contract. */
export interface RolloutEntry {
  readonly percent: number
  /** It does not climb by itself. */
  readonly held: boolean
  /** For people. */
  readonly reason?: string
  /** When it was written, for people: ISO 8601. */
  readonly at?: string
}

export type RolloutEntries = Readonly<Record<string, unknown>>

/** The file is none, or holds something else. The message quotes nothing but names. */
export class RolloutFileError extends Error {
  override readonly name = 'RolloutFileError'
}

const lockMs = 2000
const lockPollMs = 10
/** A process that holds the lock for so long has died. */
const staleLockMs = 5000

/** All entries; a file that does not exist has none. Rejects with RolloutFileError. */
export async function readEntries(path: string): Promise<RolloutEntries> {
  let bytes: Uint8Array
  try {
    bytes = await readRegularFile(path, 'config')
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    if (error.code === 'ENOENT') return {}
    throw new RolloutFileError(error.message, { cause: error })
  }
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new RolloutFileError(`${path} is no JSON`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RolloutFileError(`${path} is not an object with one entry for each contract`)
  }
  return value as RolloutEntries
}

/** The entry of a contract; undefined: it has none. Throws RolloutFileError. */
export function entryOf(entries: RolloutEntries, contract: string, path: string): RolloutEntry | undefined {
  if (!Object.hasOwn(entries, contract)) return undefined
  const entry = entries[contract]
  const wrong = (what: string): RolloutFileError => new RolloutFileError(`${path}: "${contract}" ${what}`)
  if (typeof entry !== 'object' || entry === null) throw wrong('is not an object')
  const { percent, held = false, reason, at } = entry as Record<string, unknown>
  if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100)) throw wrong('has no `percent` from 0 to 100')
  if (typeof held !== 'boolean') throw wrong('has a `held` that is not true or false')
  return {
    percent,
    held,
    ...(typeof reason === 'string' && { reason }),
    ...(typeof at === 'string' && { at }),
  }
}

/** Whether two entries say the same. */
export const isSameEntry = (a: RolloutEntry | undefined, b: RolloutEntry | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.percent === b.percent && a.held === b.held && a.at === b.at)

/**
 * Changes the file while no other process does. `change` gets the entries and returns the new ones; undefined: nothing is
 * written. Follows links, so that a link stays one. Rejects with RolloutFileError, or with an error of the system.
 */
export async function updateEntries(
  path: string,
  change: (entries: RolloutEntries) => RolloutEntries | undefined,
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const unlock = await lock(`${target}.lock`)
  try {
    const entries = change(await readEntries(target))
    if (entries === undefined) return
    const draft = `${target}.${randomUUID()}.tmp`
    try {
      const mode = await stat(target).then(
        (stats) => stats.mode & 0o777,
        () => 0o644,
      )
      const handle = await open(draft, 'wx', mode)
      try {
        await handle.writeFile(`${JSON.stringify(entries, undefined, 2)}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(draft, target)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  } finally {
    await unlock()
  }
}

async function lock(path: string): Promise<() => Promise<void>> {
  const giveUpAt = performance.now() + lockMs
  for (;;) {
    try {
      const handle = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o644)
      await handle.close()
      return () => unlink(path).catch(() => {})
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      )
      if (age > staleLockMs) await unlink(path).catch(() => {})
      else if (performance.now() > giveUpAt) throw new RolloutFileError(`${path} is held by another process`)
      else await sleep(lockPollMs)
    }
  }
}
