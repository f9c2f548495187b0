// A launched daemon: a child process that is started, watched and restarted when it dies. It gets its contracts by its stdin,
// which ends with this process, and the daemon with its stdin. What is sent over its socket is not here.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { SidelaneError, type EngineName, type LaunchSettings } from '../../model/index.ts'
import { Backoff } from '../../util/backoff.ts'
import { notPermitted } from '../not-permitted.ts'
import { ContractFeed, type LaunchContract, type LaunchEvents } from './contract-feed.ts'
import { findDaemon, type DaemonFile } from './find-daemon.ts'
import { LaunchDirectory, removeStale } from './launch-directory.ts'

/** Variables that the daemon inherits. Others could change how a runtime or a service manager treats it. */
const inheritedEnv = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'USER', 'SIDELANE_NATIVE_PATH']

const startTimeoutMs = 10_000
const pollMs = 5
const stopTimeoutMs = 12_000
const restart = { firstMs: 20, maxMs: 5000 }
/** A daemon that ran for this time had started well: the backoff of its restarts begins again. */
const stableMs = 5000
/** The daemon has one client, so its queue may be as long as the deadlines of that client allow. */
const maxQueueMs = 60_000

export class DaemonSupervisor {
  readonly socket: string
  readonly #file: DaemonFile
  readonly #args: readonly string[]
  readonly #directory: LaunchDirectory
  readonly #feed: ContractFeed
  readonly #backoff = new Backoff(restart)
  #child: ChildProcess | undefined
  #log = new LogTail()
  #restartTimer: NodeJS.Timeout | undefined
  #started = false
  #stopped = false

  /** Throws as `findDaemon` does. */
  constructor(settings: LaunchSettings, engine: EngineName, events: LaunchEvents) {
    this.#file = findDaemon(settings.daemon, engine)
    this.#feed = new ContractFeed(events)
    this.#directory = new LaunchDirectory()
    this.socket = this.#directory.socket
    this.#args = argsFor(this.#file, this.socket, engine, settings)
  }

  /** Adds a contract; a running daemon gets it. */
  add(contract: LaunchContract): void {
    this.#feed.add(contract)
  }

  /**
   * Starts the daemon and resolves when `connect` does. Rejects with `engine.unavailable` when the daemon cannot be started, exits
   * before that or takes longer than 10 s, and with any error of `connect` but `unavailable`.
   */
  async start(connect: () => Promise<void>): Promise<void> {
    removeStale().catch(() => {})
    try {
      this.#spawn()
    } catch (error) {
      throw (
        notPermitted('Child processes are', error) ??
        this.#fault(`cannot be started: ${(error as Error).message}`, error)
      )
    }
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

  /** Throws where the system refuses the process at once. Other failures come as an event, such as that there is no such file. */
  #spawn(): void {
    const { command, args } = this.#file
    const startedAt = performance.now()
    this.#log = new LogTail()
    const child = spawn(command, [...args, ...this.#args], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: Object.fromEntries(inheritedEnv.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : []))),
      // A process group of its own: Ctrl-C ends the app, and the app ends its daemon.
      detached: true,
    })
    this.#child = child
    child.on('error', (error) => this.#log.addLine(error.message))
    child.stdin?.on('error', () => {})
    this.#feed.onStarting((text) => void child.stdin?.write(text))
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
    if (event === 'listening') this.#feed.onStarted()
    else if (event === 'reloaded') this.#feed.onReloaded(undefined)
    else if (event === 'reload_failed') this.#feed.onReloaded(message)
  }

  #restart(uptimeMs: number): void {
    if (uptimeMs > stableMs) this.#backoff.reset()
    this.#backoff.fail()
    this.#restartTimer = setTimeout(() => {
      try {
        this.#spawn()
      } catch {
        // The reason may be over soon: there is too little memory, or the file is just being replaced.
        this.#restart(0)
      }
    }, this.#backoff.waitMs).unref()
  }

  #fault(what: string, cause: unknown): SidelaneError {
    const log = this.#log.text === '' ? '' : `: ${this.#log.text}`
    return new SidelaneError('engine.unavailable', {
      message: `The daemon ${this.#file.command} ${what}${log}`,
      cause,
    })
  }
}

function argsFor(
  { name }: DaemonFile,
  socket: string,
  engine: EngineName,
  { threads, args }: LaunchSettings,
): string[] {
  const required = ['--contracts-from-stdin', '--remove-directory', '--socket', socket]
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

/** Whether the child and its pipes keep this process alive. The pipes of Bun have no such methods, and follow the child. */
function setRef(child: ChildProcess | undefined, isRef: boolean): void {
  const pipes = [child?.stdin, child?.stderr] as unknown as (Duplex & { ref?(): void; unref?(): void })[]
  for (const handle of [child, ...pipes]) {
    if (isRef) handle?.ref?.()
    else handle?.unref?.()
  }
}

interface LogEvent {
  readonly event: string
  readonly message: string
}

const maxChars = 2000
const maxLineChars = 1_048_576

/** The log of the daemon: its events, and its last lines for the error message when it does not start. */
class LogTail {
  #text = ''
  #partialLine = ''

  get text(): string {
    return this.#text.trim()
  }

  addLine(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-maxChars)
  }

  /** Returns the events of the lines that `chunk` completes. */
  push(chunk: string): LogEvent[] {
    const lines = (this.#partialLine + chunk).split('\n')
    // The bound is for a line that does not end; it is no event.
    this.#partialLine = (lines.pop() as string).slice(-maxLineChars)
    for (const line of lines) this.addLine(line)
    return lines.flatMap(eventOf)
  }
}

function eventOf(line: string): LogEvent[] {
  try {
    const { event, message = '' } = JSON.parse(line) as Partial<LogEvent>
    return event === undefined ? [] : [{ event, message }]
  } catch {
    // Not a log line: the runtime prints warnings too.
    return []
  }
}
