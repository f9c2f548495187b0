// Runs the built command line as a child process and collects stdout, stderr and the exit code.
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

/** The running program, and its output so far. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Result>
  stdout = ''
  stderr = ''

  /** `detached`: in a new process group, as in a terminal. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, detached = false) {
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env }, detached })
    this.child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    // The program may exit before it has read all input.
    child.stdin.on('error', () => undefined)
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  /** Resolves when stdout has at least `count` lines. */
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

/** Runs a script of the shell, in which `"$@"` is sidelane with these arguments. */
export function shell(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}

/** Makes a folder that is removed after the tests of the file. Returns the path of a file in it, after writing the content. */
export function temporaryFiles(): (name: string, content?: Uint8Array | string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  return (name, content) => {
    const path = join(folder, name)
    if (content !== undefined) writeFileSync(path, content)
    return path
  }
}

/** Parses each line of NDJSON. */
export const parseLines = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
