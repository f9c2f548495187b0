// Skips tests that need programs other than Node.
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

/** Skips the test when strace is missing or not permitted, as in many containers. */
export function needStrace(context: TestContext): void {
  needTool('strace', context)
  try {
    execFileSync('strace', ['-qq', '-e', 'trace=none', 'true'], { stdio: 'ignore' })
  } catch {
    context.skip('strace may not trace here')
  }
}
