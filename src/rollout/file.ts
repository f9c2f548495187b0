// The rollout file: the percent of each contract, for operators and restarts. Written as a whole: a reader sees the state before
// or after, never a part. Entries of other contracts are kept as they are.

import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { FileError, readRegularFile } from '../runtime/regular-file.ts'
import { LockHeldError, takeLock } from './lock.ts'

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
  const lock = await takeLock(`${target}.lock`).catch((error: unknown) => {
    if (error instanceof LockHeldError || error instanceof FileError) {
      throw new RolloutFileError(error.message, { cause: error })
    }
    throw error
  })
  try {
    const entries = change(await readEntries(target))
    if (entries === undefined) return
    // Only the owner of the lock writes it: what a process that was killed has left is replaced by the next one.
    const draft = `${target}.tmp`
    await writeDraft(draft, `${JSON.stringify(entries, undefined, 2)}\n`, await modeOf(target))
    if (!(await lock.isHeld())) throw new RolloutFileError(`${target} is being changed by another process`)
    await rename(draft, target)
  } finally {
    await lock.release()
  }
}

async function writeDraft(draft: string, text: string, mode: number): Promise<void> {
  await rm(draft, { force: true })
  const handle = await open(draft, 'wx', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

const modeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ mode }) => mode & 0o777,
    () => 0o644,
  )
