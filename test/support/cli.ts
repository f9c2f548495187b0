// Runs the built program as a user does: arguments, bytes on stdin, and what came out on stdout, stderr and as exit code.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Result {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: Uint8Array | string
  readonly env?: Readonly<Record<string, string>>
}

/** The program while it runs: its streams, and what it has written so far. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Result>
  stdout = ''
  stderr = ''

  /** `detached`: in a process group of its own, as in a terminal. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, detached = false) {
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env }, detached })
    this.child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    // The program may end before it has read everything.
    child.stdin.on('error', () => undefined)
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  /** Resolves when that many lines are on stdout. */
  async lines(count: number): Promise<void> {
    while (this.stdout.split('\n').length <= count) {
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

export function sidelane(args: readonly string[], { input = '', env = {} }: RunOptions = {}): Promise<Result> {
  const running = new Running(args, env)
  running.child.stdin.end(input)
  return running.ended
}

/** A folder that is gone after the tests of the file; gives the path of a file in it, with the content where given. */
export function temporaryFiles(): (name: string, content?: Uint8Array | string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return (name, content) => {
    const path = join(folder, name)
    if (content !== undefined) writeFileSync(path, content)
    return path
  }
}

/** Each line of NDJSON as a value. */
export const parseLines = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
