// Runs a daemon as a child: it gets the signals of this process, and ends when this process or the npm that runs it ends.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { ExitCode } from '../command.ts'
import { onOrphaned } from './npm-parents.ts'

export interface DaemonCommand {
  readonly command: string
  readonly args: readonly string[]
  /** The daemon reads the stdin of this process, or ends with it. */
  readonly readsStdin: boolean
}

const endSignals = ['SIGINT', 'SIGTERM'] as const
/** On ^C both the terminal and npm send SIGINT. A second signal after that ends the daemon without draining it. */
const repeatMs = 500

/** Resolves with its exit code; 128 + signal, as in shells, where a signal ended it. */
export const runDaemon = ({ command, args, readsStdin }: DaemonCommand): Promise<ExitCode> =>
  new Promise((resolve, reject) => {
    // The daemon's stdin ends with this process, also where that is killed.
    const child = spawn(command, readsStdin ? args : [...args, '--exit-with-stdin'], {
      stdio: ['pipe', 'inherit', 'inherit'],
      // A process group of its own: the terminal sends ^C to the whole group, and a second signal ends the daemon at once.
      detached: true,
    })
    child.stdin.on('error', () => {})
    if (readsStdin) process.stdin.pipe(child.stdin)

    let endedAt: number | undefined
    const end = (signal: (typeof endSignals)[number]): void => {
      const now = performance.now()
      if (endedAt !== undefined && now - endedAt < repeatMs) return
      endedAt = now
      child.kill(signal)
    }
    const reload = (): void => void child.kill('SIGHUP')
    process.on('SIGHUP', reload)
    for (const signal of endSignals) process.on(signal, end)
    const stopWatching = onOrphaned(() => {
      if (endedAt === undefined) end('SIGTERM')
    })

    child.on('error', reject)
    child.on('close', (code, signal) => {
      stopWatching()
      process.off('SIGHUP', reload)
      for (const name of endSignals) process.off(name, end)
      if (readsStdin) process.stdin.destroy()
      // The exit codes of the daemon are a subset of ours.
      resolve((code ?? 128 + constants.signals[signal ?? 'SIGTERM']) as ExitCode)
    })
  })
