// The app of the demonstration from outside: its process, its log, the daemon that it launched, and the commands of a person
// who operates it.

import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cli } from './root.ts'
import { isAlive } from '../../src/util/process-identity.ts'

/** A line of the app's log. */
export interface AppEvent {
  readonly time: string
  readonly event: string
  readonly [field: string]: unknown
}

const entry = fileURLToPath(new URL(`app-child${import.meta.url.slice(-3)}`, import.meta.url))
const startMs = 20_000
const stopMs = 3000

export class App {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #file: string
  readonly #events: AppEvent[] = []
  /** Lines of the log that are no events: warnings, traces of errors. */
  #others = ''
  /** Called with each event of the log. */
  onEvent: ((event: AppEvent) => void) | undefined
  #url = ''
  #stopped: Promise<void> | undefined

  static async start(): Promise<App> {
    const app = new App()
    try {
      await app.#listening()
      return app
    } catch (error) {
      await app.stop()
      throw error
    }
  }

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'sidelane-demo-'))
    this.#file = join(this.#folder, 'rollout.json')
    this.#child = spawn(process.execPath, ['--no-warnings', entry], {
      env: { ...process.env, ROLLOUT_FILE: this.#file },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A ^C of the terminal reaches the demonstration alone, which then stops the app.
      detached: true,
    })
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) => this.#read(line))
  }

  get url(): string {
    return this.#url
  }

  /** The process id of the launched daemon; undefined while there is none. */
  get daemonPid(): number | undefined {
    return childrenOf(this.#child.pid as number)[0]
  }

  /** Sends a signal to the daemon; false: there is none. */
  signal(name: NodeJS.Signals): boolean {
    const pid = this.daemonPid
    try {
      return pid !== undefined && process.kill(pid, name)
    } catch {
      return false
    }
  }

  /** `sidelane rollout set` or `stop`, as a person types it. Resolves when the app follows. */
  async rollout(...args: readonly string[]): Promise<void> {
    const from = this.#events.length
    await promisify(execFile)(process.execPath, [cli, 'rollout', ...args, '--file', this.#file])
    await this.event(({ event, by }) => event === 'rollout_percent' && by === 'file', from)
  }

  /** When the file was changed by a command, as the command says it. */
  get changedAtMs(): number {
    const entries = JSON.parse(readFileSync(this.#file, 'utf8')) as Record<string, { at: string }>
    return Date.parse(entries['order']?.at as string)
  }

  /** Resolves with the first event behind the first `from` that matches. */
  async event(matches: (event: AppEvent) => boolean, from = 0, timeoutMs = 10_000): Promise<AppEvent> {
    const until = performance.now() + timeoutMs
    for (;;) {
      const found = this.#events.slice(from).find(matches)
      if (found !== undefined) return found
      this.#checkAlive()
      if (performance.now() > until) throw new Error(`The app did not report what was expected.\n${this.#others}`)
      await sleep(5)
    }
  }

  get eventCount(): number {
    return this.#events.length
  }

  /** Ends app and daemon, and removes what they wrote. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    // A daemon that is stopped does not notice that its app is gone.
    this.signal('SIGCONT')
    const { daemonPid } = this
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await Promise.race([exited, sleep(stopMs, undefined, { ref: false })])
      this.#child.kill('SIGKILL')
    }
    if (daemonPid !== undefined && isAlive(daemonPid)) process.kill(daemonPid, 'SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #listening(): Promise<void> {
    const timeout = sleep(startMs, undefined, { ref: false }).then(() => Promise.reject(new Error('no answer in time')))
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    const exited = once(this.#child, 'exit').then(([code]) => Promise.reject(new Error(`exit code ${String(code)}`)))
    try {
      const [line] = (await Promise.race([once(lines, 'line'), exited, timeout])) as [string]
      this.#url = line
      exited.catch(() => {})
    } catch (error) {
      throw new Error(`The app did not start: ${(error as Error).message}\n${this.#others}`, { cause: error })
    }
  }

  #read(line: string): void {
    try {
      const event = JSON.parse(line) as AppEvent
      this.#events.push(event)
      this.onEvent?.(event)
    } catch {
      this.#others = `${this.#others}${line}\n`.slice(-4000)
    }
  }

  #checkAlive(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      throw new Error(`The app ended.\n${this.#others}`)
    }
  }
}

/** Running child processes: from /proc, which smaller systems have without `ps`, else from `ps`. */
function childrenOf(parent: number): number[] {
  const rows = existsSync('/proc/self/stat')
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(statOf)
    : execFileSync('ps', ['-A', '-o', 'pid=,stat=,ppid='], { encoding: 'utf8' }).split('\n')
  return rows.flatMap((row) => {
    const [, pid, state, ppid] = /^\s*(\d+)\s+(\S+)\s+(\d+)/.exec(row) ?? []
    return Number(ppid) === parent && !/^[ZX]/.test(state as string) ? [Number(pid)] : []
  })
}

/** `pid state ppid`; empty for a process that is gone. */
function statOf(pid: string): string {
  try {
    // The name in parentheses may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\) /s, '')
  } catch {
    return ''
  }
}
