// Runs a program to its end.
import { spawn, type ChildProcess } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Result } from './cli.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

export interface RunOptions {
  /** Default: the package's folder. */
  readonly cwd?: string
  /** Added to those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** What the program reads on stdin. Default: nothing. */
  readonly input?: string | Uint8Array
}

/** The end of the test ends the program. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { child, result } = start(command, args, options)
  onTestFinished(() => void child.kill('SIGKILL'))
  return result
}

interface Started {
  readonly child: ChildProcess
  readonly result: Promise<Result>
}

export function start(command: string, args: readonly string[], options: RunOptions): Started {
  const { cwd = root, env, input } = options
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A program that ends early does not read its input.
  child.stdin.on('error', () => {}).end(input)
  const result = new Promise<Result>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
  return { child, result }
}
