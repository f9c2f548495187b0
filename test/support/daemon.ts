// Runs a built daemon as a child process and collects its stdout and log.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, type TestContext } from 'vitest'
import { ConditionVariable } from './condition-variable.ts'

export type DaemonKind = 'node' | 'sidelaned'
export const daemonKinds: readonly DaemonKind[] = ['node', 'sidelaned']

const root = fileURLToPath(new URL('../../', import.meta.url))
export const programs: Readonly<Record<DaemonKind, readonly [string, ...string[]]>> = {
  node: [process.execPath, join(root, 'dist/daemon.js')],
  sidelaned: [join(root, 'native/sidelaned')],
}

/** The text of a daemon with one name for both programs. */
export const withoutProgram = (text: string): string =>
  text.replaceAll(/node dist\/daemon\.js|sidelane daemon|sidelaned(?=[: ])/g, 'DAEMON')

export const isBuilt = (kind: DaemonKind): boolean => existsSync(programs[kind].at(-1) as string)

/** Skips the test when the daemon is not built; fails it when the daemon is required. */
export function needDaemon(kind: DaemonKind, context: TestContext): void {
  if (isBuilt(kind)) return
  if (kind === 'node') throw new Error('dist/daemon.js is not built (npm run build)')
  if (process.env['SIDELANE_REQUIRE_NATIVE'] === '1') throw new Error('native/sidelaned is not built')
  context.skip('sidelaned is not built (npm run build:native)')
}

export interface LogLine {
  readonly time: string
  readonly level: string
  readonly event: string
  readonly [field: string]: unknown
}

export interface DaemonOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly kind?: DaemonKind
  /** A descriptor that receives the log instead of `stderr`. */
  readonly log?: number
  /** A command that executes its arguments. */
  readonly by?: readonly string[]
}

export interface Page {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

const running = new Set<Daemon>()
afterAll(killAll)

async function killAll(): Promise<void> {
  const daemons = [...running]
  for (const daemon of daemons) daemon.child.kill('SIGKILL')
  await Promise.all(daemons.map(({ exited }) => exited))
}

/** A daemon process, listening or not. */
export class Daemon {
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  stdout = ''
  stderr = ''
  readonly #changed = new ConditionVariable()

  constructor({ args = [], env = {}, kind = 'node', log, by = [] }: DaemonOptions) {
    const [command = '', ...first] = [...by, ...programs[kind]]
    this.child = spawn(command, [...first, ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', log ?? 'pipe'],
    })
    running.add(this)
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#changed.notifyAll()
    })
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code) => {
        running.delete(this)
        resolve(code)
        this.#changed.notifyAll()
      })
    })
  }

  /** The log so far. */
  get log(): LogLine[] {
    const whole = this.stderr.slice(0, this.stderr.lastIndexOf('\n') + 1)
    return whole
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine)
  }

  /** Resolves with the first log line of this event, from the past or the future. */
  async event(name: string): Promise<LogLine> {
    for (;;) {
      const line = this.log.find(({ event }) => event === name)
      if (line !== undefined) return line
      if (!running.has(this)) throw new Error(`ended without "${name}": ${this.stderr}`)
      await this.#changed.wait()
    }
  }

  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null> {
    this.child.kill('SIGTERM')
    return this.exited
  }
}

/** Starts a daemon and waits until it listens. Rejects with its log when it exits before. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const daemon = new Daemon(options)
  await daemon.event('listening')
  return daemon
}

/** Makes a folder of mode 0700 that is removed after the tests of the file. Returns the path of a file in it. */
export function socketFolder(): (name: string, content?: Uint8Array | string | object) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-d-'))
  afterAll(async () => {
    // A daemon publishes a deleted socket again.
    await killAll()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  })
  return (name, content) => {
    const path = join(folder, name)
    if (content !== undefined) {
      const isBytes = typeof content === 'string' || content instanceof Uint8Array
      writeFileSync(path, isBytes ? content : JSON.stringify(content))
    }
    return path
  }
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** Sends one HTTP request on a new connection. */
export const ask = (socketPath: string, path: string, { method, headers, body }: AskOptions = {}): Promise<Page> =>
  new Promise((resolve, reject) => {
    request(
      {
        socketPath,
        path,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = []
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('error', reject)
          .on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          )
      },
    )
      .on('error', reject)
      .end(body)
  })

/** Like `ask`, with the body parsed as JSON. */
export const askJson = async (socketPath: string, path: string, options?: AskOptions): Promise<unknown> =>
  JSON.parse((await ask(socketPath, path, options)).body.toString('utf8'))
