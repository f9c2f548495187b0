// A launched daemon: a child process that is started, watched and restarted when it dies. Its stdin ends with this
// process, and the daemon with its stdin. What is sent over its socket is not here.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { SidelaneError, type EngineName, type LaunchSettings } from '../../model/index.ts'
import { Backoff } from '../../util/backoff.ts'
import { findDaemon, type DaemonFile } from './find-daemon.ts'
import { LaunchDirectory, removeStale, type LaunchContract } from './launch-directory.ts'
import { LogTail, type LogEvent } from './log-tail.ts'
import { ReloadQueue, type LaunchEvents } from './reload-queue.ts'

/** Variables that the daemon inherits. Others could change how a runtime or a service manager treats it. */
const inheritedEnv = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'USER', 'SIDELANE_NATIVE_PATH']

const startTimeoutMs = 10_000
const pollMs = 5
const stopTimeoutMs = 12_000
const restart = { firstMs: 20, maxMs: 5000 }
/** A daemon that ran for so long started well: the next restart is the first one again. */
const stableMs = 5000
/** The daemon has one client, so its queue may be as long as the deadlines of that client allow. */
const maxQueueMs = 60_000

export class DaemonSupervisor {
  readonly #reloads: ReloadQueue
  readonly #file: DaemonFile
  readonly #args: readonly string[]
  readonly #directory: LaunchDirectory
  readonly #backoff = new Backoff(restart)
  #child: ChildProcess | undefined
  #log = new LogTail()
  #restartTimer: NodeJS.Timeout | undefined
  #started = false
  #stopped = false

  /** Throws as `findDaemon` does. */
  constructor({ daemon, args, threads }: LaunchSettings, engine: EngineName, events: LaunchEvents) {
    this.#file = findDaemon(daemon, engine)
    this.#directory = new LaunchDirectory()
    this.#args = argsFor(this.#file, this.#directory, { engine, threads, args })
    this.#reloads = new ReloadQueue(this.#directory, {
      ...events,
      onReload: () => void this.#child?.kill('SIGHUP'),
    })
  }

  get socket(): string {
    return this.#directory.socket
  }

  /** Adds a contract; a running daemon reloads. */
  add(contract: LaunchContract): void {
    this.#reloads.add(contract)
  }

  /**
   * Starts the daemon and resolves when `connect` does. Rejects with `engine.unavailable` when the daemon exits before
   * that or takes longer than 10 s, and with any error of `connect` but `unavailable`.
   */
  async start(connect: () => Promise<void>): Promise<void> {
    removeStale().catch(() => {})
    this.#spawn()
    const giveUpAt = performance.now() + startTimeoutMs
    for (;;) {
      try {
        await connect()
        break
      } catch (error) {
        if (!(error instanceof SidelaneError) || error.code !== 'unavailable') throw error
        if (this.#child === undefined) throw this.#fault('ended', error)
        if (performance.now() > giveUpAt) throw this.#fault(`did not answer within ${startTimeoutMs} ms`, error)
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
    this.#started = true
    setRef(this.#child, false)
  }

  /** Stops the daemon and deletes its directory. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#restartTimer)
    const child = this.#child
    if (child !== undefined) {
      setRef(child, true)
      // Not 'exit', which may have been emitted while the pipes still hold log lines.
      const closed = new Promise((resolve) => child.once('close', resolve))
      const killTimer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
      child.stdin?.end()
      await closed
      clearTimeout(killTimer)
    }
    this.#directory.destroy()
  }

  #spawn(): void {
    const { command, args } = this.#file
    const startedAt = performance.now()
    this.#log = new LogTail()
    this.#reloads.onStarting()
    const child = spawn(command, [...args, ...this.#args], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: Object.fromEntries(inheritedEnv.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : []))),
      // A process group of its own: Ctrl-C ends the app, and the app ends its daemon.
      detached: true,
    })
    this.#child = child
    child.on('error', (error) => this.#log.addLine(error.message))
    child.stdin?.on('error', () => {})
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      for (const event of this.#log.push(chunk)) this.#onLogEvent(event)
    })
    // Comes after the last log lines, and also when the command could not be started.
    child.once('close', () => {
      this.#child = undefined
      if (!this.#stopped && this.#started) this.#restart(performance.now() - startedAt)
    })
    if (this.#started) setRef(child, false)
  }

  #onLogEvent({ event, message }: LogEvent): void {
    if (event === 'listening') this.#reloads.onStarted()
    else if (event === 'reloaded') this.#reloads.onReloaded(undefined)
    else if (event === 'reload_failed') this.#reloads.onReloaded(message)
  }

  #restart(uptimeMs: number): void {
    if (uptimeMs > stableMs) this.#backoff.reset()
    this.#backoff.fail()
    this.#restartTimer = setTimeout(() => this.#spawn(), this.#backoff.waitMs).unref()
  }

  #fault(what: string, cause: unknown): SidelaneError {
    const log = this.#log.text === '' ? '' : `: ${this.#log.text}`
    return new SidelaneError('engine.unavailable', {
      message: `The daemon ${this.#file.command} ${what}${log}`,
      cause,
    })
  }
}

interface DaemonOptions {
  readonly engine: EngineName
  readonly threads: number | undefined
  readonly args: readonly string[]
}

function argsFor(
  { name }: DaemonFile,
  { socket, path }: LaunchDirectory,
  { engine, threads, args }: DaemonOptions,
): string[] {
  const required = ['--exit-with-stdin', '--socket', socket, '--contract', path]
  const defaults: [flag: string, value: string][] = [
    ['--engine', engine],
    ['--max-queue-ms', String(maxQueueMs)],
    ['--log-sample', '0'],
  ]
  if (threads !== undefined) {
    defaults.push(['--threads', String(threads)])
    // The Node daemon has threads only with a pool.
    if (name === 'node') defaults.push(['--placement', 'pool'])
  }
  const isGiven = (flag: string): boolean => args.some((arg) => arg === flag || arg.startsWith(`${flag}=`))
  return [...required, ...defaults.flatMap(([flag, value]) => (isGiven(flag) ? [] : [flag, value])), ...args]
}

/** Whether the child and its pipes keep this process alive. */
function setRef(child: ChildProcess | undefined, isRef: boolean): void {
  const pipes = [child?.stdin, child?.stderr] as unknown as (Duplex & Record<'ref' | 'unref', () => void>)[]
  for (const handle of [child, ...pipes]) {
    if (isRef) handle?.ref()
    else handle?.unref()
  }
}
