// Writes a file by renaming a temporary one.

import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { UsageError } from './command.ts'

/** Readers see the old file or the new one, never a part. Throws UsageError where the file cannot be written. */
export function writeFileAtomically(path: string, text: string, topic: string): void {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new UsageError(topic, `Cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}
