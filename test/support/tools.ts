// Programs that a test needs beside Node: it is skipped, with the reason, where one is missing.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'vitest'

export function hasTool(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export function needTool(name: string, context: TestContext): void {
  if (!hasTool(name)) context.skip(`${name} is not installed`)
}

/** Whether strace may look at other processes here: containers often forbid it. */
export function needStrace(context: TestContext): void {
  needTool('strace', context)
  try {
    execFileSync('strace', ['-qq', '-e', 'trace=none', 'true'], { stdio: 'ignore' })
  } catch {
    context.skip('strace may not trace here')
  }
}
