// `sidelane serve`: starts a daemon as a child, forwards signals to it and returns its exit code.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { daemonHelp, readOptions, type Options } from '../server/index.ts'
import { choice } from '../util/option-parsers.ts'
import { packageFile } from '../util/package-files.ts'
import { UsageError, type Command, type ExitCode } from './command.ts'
import { optionValue } from './options.ts'

const topic = 'serve'

const sidelaned = packageFile('native/sidelaned')
const script = packageFile('dist/daemon.js')

const help = `${daemonHelp('sidelane serve')}

  --daemon NAME   auto (default): sidelaned if it is built and supports the options, else the Node daemon; or sidelaned, node

Examples
  sidelane serve --contract order.lock.json
  sidelane serve --socket /run/app/sidelane.sock --contract /etc/app/contracts --max-queue 4096
  sidelane serve --daemon node --engine js --placement pool --contract order.lock.json

Signals are forwarded to the daemon, and its exit code is returned.
`

const daemons = ['auto', 'sidelaned', 'node'] as const
const forwardedSignals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

export const serve: Command = {
  summary: 'start a daemon that serves contracts on a socket',
  help,
  async run(args) {
    const { daemon, rest } = splitDaemonOption(args)
    const options = await read(rest)
    const isSupported = options.engine !== 'js' && options.placement !== 'pool'
    const native = daemon === 'sidelaned' || (daemon === 'auto' && existsSync(sidelaned) && isSupported)
    if (native && !existsSync(sidelaned))
      throw new UsageError(topic, `${sidelaned} does not exist: npm run build:native`)
    if (!native && !existsSync(script)) throw new UsageError(topic, `${script} does not exist: npm run build`)
    return native ? runDaemon(sidelaned, rest) : runDaemon(process.execPath, [script, ...rest])
  },
}

/** Separates `--daemon`, the only option that is not an option of the daemon. */
function splitDaemonOption(args: readonly string[]): { daemon: (typeof daemons)[number]; rest: readonly string[] } {
  const at = args.indexOf('--daemon')
  if (at === -1) return { daemon: 'auto', rest: args }
  if (args[at + 1] === undefined) throw new UsageError(topic, 'Expected --daemon NAME')
  const daemon = optionValue(topic, 'daemon', args[at + 1], choice(...daemons)) ?? 'auto'
  return { daemon, rest: [...args.slice(0, at), ...args.slice(at + 2)] }
}

async function read(args: readonly string[]): Promise<Options> {
  try {
    return (await readOptions({ args, env: process.env })).options
  } catch (error) {
    throw new UsageError(topic, (error as Error).message, { cause: error })
  }
}

const runDaemon = (command: string, args: readonly string[]): Promise<ExitCode> =>
  new Promise((resolve, reject) => {
    // A process group of its own: the terminal sends ^C to the whole group, and a second signal ends the daemon at once.
    const child = spawn(command, args, { stdio: 'inherit', detached: true })
    const handlers = forwardedSignals.map((signal) => [signal, () => void child.kill(signal)] as const)
    for (const [signal, handler] of handlers) process.on(signal, handler)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler)
      // 128 + signal, as in shells. The exit codes of the daemon are a subset of ours.
      resolve((code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)) as ExitCode)
    })
  })
