// Writing a result to a file, whole or not at all.

import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { UsageError } from './command.ts'

/** A reader sees the old file or the new one, never half of it. */
export function writeByRename(path: string, text: string, topic: string): void {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new UsageError(topic, `Cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}
