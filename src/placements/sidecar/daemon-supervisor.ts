// A daemon of our own: a child process that is started, watched, started anew when it dies, and ends with this process,
// however that ends: its stdin does. What is said to it over the socket is not here.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { SidelaneError, type EngineName, type LaunchSettings } from '../../model/index.ts'
import { findDaemon, type DaemonFile } from './find-daemon.ts'
import { LockFolder, removeLeft } from './launch-directory.ts'
import { LogTail, type LogEvent } from './log-tail.ts'
import { Reloads, type Addition, type ReloadEvents } from './reload-queue.ts'

/** What the child gets of our environment: nothing that changes how a runtime or a service manager treats it. */
const passedOn = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'USER', 'SIDELANE_NATIVE_PATH']

const startMs = 10_000
const firstPauseMs = 20
const mostPauseMs = 5000
/** A daemon that has lived so long did not fail to start. */
const soundMs = 5000
const stopMs = 12_000
const lookMs = 5
/** Nobody shares it: its queue may be as long as our own deadlines allow. */
const ownQueueMs = 60_000

export class Launcher {
  readonly #reloads: Reloads
  readonly #file: DaemonFile
  readonly #args: readonly string[]
  readonly #folder: LockFolder
  #child: ChildProcess | undefined
  #log = new LogTail()
  #pauseMs = firstPauseMs
  #timer: NodeJS.Timeout | undefined
  #started = false
  #stopped = false

  /** Throws as `findDaemon` does. */
  constructor({ daemon, args, threads }: LaunchSettings, engine: EngineName, events: Omit<ReloadEvents, 'reload'>) {
    this.#file = findDaemon(daemon, engine)
    this.#folder = new LockFolder()
    this.#args = argsFor(this.#file, this.#folder, { engine, threads, args })
    this.#reloads = new Reloads(this.#folder, {
      reload: () => void this.#child?.kill('SIGHUP'),
      served: events.served,
      refused: events.refused,
    })
  }

  get socket(): string {
    return this.#folder.socket
  }

  /** Gives it one more contract; it is told to read them anew. */
  add(addition: Addition): void {
    this.#reloads.add(addition)
  }

  /**
   * Starts it, and resolves when `hello` does. Rejects with `engine.unavailable` when it ends before or takes longer than
   * 10 s, and with what else `hello` rejects with.
   */
  async start(hello: () => Promise<void>): Promise<void> {
    removeLeft().catch(() => {})
    this.#spawn()
    const giveUpAt = performance.now() + startMs
    for (;;) {
      try {
        await hello()
        break
      } catch (error) {
        if (!(error instanceof SidelaneError) || error.code !== 'unavailable') throw error
        if (this.#child === undefined) throw this.#fault('ended', error)
        if (performance.now() > giveUpAt) throw this.#fault(`did not answer within ${startMs} ms`, error)
      }
      await new Promise((resolve) => setTimeout(resolve, lookMs))
    }
    this.#started = true
    holdChild(this.#child, false)
  }

  /** Ends it, and removes its directory. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const child = this.#child
    if (child !== undefined) {
      holdChild(child, true)
      // Not 'exit': that may have been, and its last lines are still on their way.
      const closed = new Promise((resolve) => child.once('close', resolve))
      const killer = setTimeout(() => child.kill('SIGKILL'), stopMs)
      child.stdin?.end()
      await closed
      clearTimeout(killer)
    }
    this.#folder.destroy()
  }

  #spawn(): void {
    const { command, args } = this.#file
    const startedAt = performance.now()
    this.#log = new LogTail()
    this.#reloads.starting()
    const child = spawn(command, [...args, ...this.#args], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: Object.fromEntries(passedOn.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : []))),
      // Of its own group: Ctrl-C is for the app, which decides when its daemon ends.
      detached: true,
    })
    this.#child = child
    child.on('error', (error) => this.#log.note(error.message))
    child.stdin?.on('error', () => {})
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      for (const event of this.#log.push(chunk)) this.#hear(event)
    })
    // After its last lines; also when it could not be started.
    child.once('close', () => {
      this.#child = undefined
      if (this.#stopped || !this.#started) return
      this.#restart(performance.now() - startedAt)
    })
    if (this.#started) holdChild(child, false)
  }

  #hear({ event, message }: LogEvent): void {
    if (event === 'listening') this.#reloads.started()
    else if (event === 'reloaded') this.#reloads.answered(undefined)
    else if (event === 'reload_failed') this.#reloads.answered(message)
  }

  #restart(livedMs: number): void {
    this.#pauseMs = livedMs > soundMs ? firstPauseMs : Math.min(mostPauseMs, this.#pauseMs * 2)
    this.#timer = setTimeout(() => this.#spawn(), this.#pauseMs * (0.5 + Math.random() / 2)).unref()
  }

  #fault(what: string, cause: unknown): SidelaneError {
    const said = this.#log.text === '' ? '' : `: ${this.#log.text}`
    return new SidelaneError('engine.unavailable', {
      message: `The daemon ${this.#file.command} ${what}${said}`,
      cause,
    })
  }
}

interface DaemonSettings {
  readonly engine: EngineName
  readonly threads: number | undefined
  readonly args: readonly string[]
}

function argsFor(
  { name }: DaemonFile,
  { socket, path }: LockFolder,
  { engine, threads, args }: DaemonSettings,
): string[] {
  const own = ['--exit-with-stdin', '--socket', socket, '--contract', path]
  const usual: [flag: string, value: string][] = [
    ['--engine', engine],
    ['--max-queue-ms', String(ownQueueMs)],
    ['--log-sample', '0'],
  ]
  if (threads !== undefined) {
    usual.push(['--threads', String(threads)])
    // What Node's daemon has threads for.
    if (name === 'node') usual.push(['--placement', 'pool'])
  }
  const said = (flag: string): boolean => args.some((arg) => arg === flag || arg.startsWith(`${flag}=`))
  return [...own, ...usual.flatMap(([flag, value]) => (said(flag) ? [] : [flag, value])), ...args]
}

/** Whether the child and its pipes keep this process alive. */
function holdChild(child: ChildProcess | undefined, isHeld: boolean): void {
  const pipes = [child?.stdin, child?.stderr] as unknown as (Duplex & Record<'ref' | 'unref', () => void>)[]
  for (const one of [child, ...pipes]) {
    if (isHeld) one?.ref()
    else one?.unref()
  }
}
