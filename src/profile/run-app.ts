// Starts the app with the agent preloaded into each of its Node processes, and ends it when their windows have ended. The agent
// writes its profile to a folder; no socket and no port are opened.

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ProfileError } from './profile-error.ts'
import { agentFiles, agentVariable, type AgentOptions, type RawProfile } from './raw.ts'
import { isAlive } from '../util/process-identity.ts'

export interface AppOptions extends Pick<AgentOptions, 'seconds' | 'intervalMicros'> {
  readonly command: string
  readonly args: readonly string[]
  /** Path of the agent's file. */
  readonly agent: string
  /** Calls `end` when what started this process has ended. Returns a function that ends this. */
  readonly onOrphaned: (end: () => void) => () => void
}

export interface AppRun {
  readonly profiles: readonly RawProfile[]
  /** The exit code of an app that ended by itself or by a signal that it was sent; 128 + signal, as in shells. */
  readonly exitCode: number | undefined
  readonly seconds: number
  /** Node processes that loaded the agent, package managers not counted. */
  readonly started: number
  /** Why processes could not write theirs. */
  readonly failures: readonly string[]
}

interface AgentState {
  readonly pid: number
  /** What the agent noted last; see `agentFiles`. */
  readonly noted: string
  /** With `failed`: why. */
  readonly reason: string
}

const pollMs = 100
/** An app that does not end within it after SIGTERM is killed. */
const endMs = 5_000
/** How long the agents get to write when a signal ends the app. */
const writeMs = 3_000
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Throws ProfileError where the command cannot be started. */
export async function runApp(options: AppOptions): Promise<AppRun> {
  let run: Run | undefined
  const pass = (signal: NodeJS.Signals): void => void run?.pass(signal)
  // As long as the folder is there: a signal without a listener would leave it, and the app.
  for (const signal of signals) process.on(signal, pass)
  try {
    const folder = mkdtempSync(join(tmpdir(), 'sidelane-profile-'))
    try {
      run = new Run(folder, options)
      return await run.done()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  } finally {
    for (const signal of signals) process.off(signal, pass)
  }
}

class Run {
  readonly #folder: string
  readonly #options: AppOptions
  readonly #child: ChildProcess
  readonly #began = performance.now()
  #exitCode: number | undefined
  #failure: NodeJS.ErrnoException | undefined
  /** A signal was passed on. */
  #isSignaled = false
  /** When a process that has a window was last seen. */
  #lastSeen = performance.now()

  constructor(folder: string, options: AppOptions) {
    this.#folder = folder
    writeFileSync(join(folder, agentFiles.stop), '')
    this.#options = options
    const { command, args, agent, seconds, intervalMicros } = options
    const agentOptions: AgentOptions = { seconds, intervalMicros, skipsStart: true, folder }
    this.#child = startApp(command, args, {
      stdio: 'inherit',
      env: {
        ...process.env,
        NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --require ${JSON.stringify(agent)}`.trim(),
        [agentVariable]: JSON.stringify(agentOptions),
      },
      // A process group of its own: ^C of the terminal would end the app before the agents have written.
      detached: process.platform !== 'win32',
      // npm and npx are scripts there.
      shell: process.platform === 'win32',
    })
    this.#child.on('error', (error) => (this.#failure = error))
    this.#child.on('exit', (code, signal) => (this.#exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM']))
  }

  async done(): Promise<AppRun> {
    const stopWatching = this.#options.onOrphaned(() => void this.pass('SIGTERM'))
    try {
      while (this.#isRunning && this.#isUnfinished()) await sleep(pollMs)
      if (this.#failure !== undefined) throw startError(this.#options.command, this.#failure)
      const exitCode = this.#exitCode
      const seconds = (performance.now() - this.#began) / 1000
      if (exitCode === undefined) await this.#end()
      // A process of the app may outlive the one that was started.
      else await this.#written()
      const states = this.#states()
      return {
        profiles: states
          .filter(({ noted }) => noted === 'done' || noted === 'exited')
          .map(({ pid }) => this.#profile(pid)),
        exitCode,
        seconds,
        started: states.length,
        failures: states.filter(isFailed).map(({ pid, reason }) => `process ${pid} could not write it: ${reason}`),
      }
    } finally {
      stopWatching()
    }
  }

  get #isRunning(): boolean {
    return this.#exitCode === undefined && this.#failure === undefined
  }

  #isUnfinished(): boolean {
    // It ends with the signal, in its own time.
    if (this.#isSignaled) return true
    const states = this.#states()
    if (states.some(isWaitedFor)) {
      this.#lastSeen = performance.now()
      return true
    }
    if (states.some((state) => state.noted === 'done' || isFailed(state))) return false
    // Those that ended by themselves may have been build steps: the app comes after them.
    return this.#lastSeen + this.#options.seconds * 1000 > performance.now()
  }

  #states(): AgentState[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(agentFiles.state))
      .map((name) => {
        // A line that is not whole does not count.
        const lines = readFileSync(join(this.#folder, name), 'utf8').split('\n').slice(0, -1)
        const [, noted = 'started', reason = ''] = /^(\w+) ?(.*)$/.exec(lines.at(-1) ?? '') ?? []
        return { pid: Number.parseInt(name, 10), noted, reason }
      })
  }

  #profile(pid: number): RawProfile {
    return JSON.parse(readFileSync(join(this.#folder, `${pid}${agentFiles.profile}`), 'utf8')) as RawProfile
  }

  /** Ends all windows. */
  async #written(): Promise<void> {
    writeFileSync(join(this.#folder, agentFiles.stop), 'stop')
    const until = performance.now() + writeMs
    while (this.#states().some(isWaitedFor) && performance.now() < until) await sleep(pollMs / 4)
  }

  /** The profile first, because a signal may end the app at once; a second signal does not wait. */
  async pass(signal: NodeJS.Signals): Promise<void> {
    if (!this.#isSignaled) {
      this.#isSignaled = true
      await this.#written()
    }
    this.#kill(signal)
  }

  async #end(): Promise<void> {
    this.#kill('SIGTERM')
    const until = performance.now() + endMs
    while (this.#isRunning && performance.now() < until) await sleep(pollMs / 4)
    // Processes that ignored the signal, also those of an app that ended.
    this.#kill('SIGKILL')
    while (this.#isRunning) await sleep(pollMs / 4)
  }

  /** The app with all its processes. */
  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, signal)
    } catch {
      // All have ended.
    }
  }
}

/** Its window has not ended. */
const isWaitedFor = ({ pid, noted }: AgentState): boolean => noted === 'started' && isAlive(pid)

const isFailed = ({ noted }: AgentState): boolean => noted === 'failed'

/** Throws where the system refuses the process at once. Other failures come as an event. */
function startApp(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(command, args, options)
  } catch (error) {
    throw startError(command, error as NodeJS.ErrnoException)
  }
}

function startError(command: string, { code, message }: NodeJS.ErrnoException): ProfileError {
  if (code === 'ENOENT') return new ProfileError(`Cannot start ${command}: there is no such program`)
  return new ProfileError(`Cannot start ${command}: ${code === 'EACCES' ? 'no permission to run it' : message}`)
}
