// `sidelane serve`: starts a daemon and stands in its place: signals go to it, its exit code comes back. What the daemon
// does is not here.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { daemonHelp, readOptions, type Options } from '../server/index.ts'
import { UsageError, type Command } from './command.ts'
import type { ExitCode } from './exit-codes.ts'
import { choiceOption } from './options.ts'

const topic = 'serve'

/** Both src/cli and dist/cli stand two folders below the package. */
const inPackage = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const sidelaned = inPackage('native/sidelaned')
const script = inPackage('dist/daemon.js')

const help = `${daemonHelp('sidelane serve')}

  --daemon NAME   auto (default): sidelaned where it is built and has the options, else the Node daemon; or sidelaned, node

Examples
  sidelane serve --contract order.lock.json
  sidelane serve --socket /run/app/sidelane.sock --contract /etc/app/contracts --max-queue 4096
  sidelane serve --daemon node --engine js --placement pool --contract order.lock.json

Signals go to the daemon, and its exit code comes back.
`

const daemons = ['auto', 'sidelaned', 'node'] as const
const passedOn = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

export const serve: Command = {
  summary: 'start a daemon that serves contracts on a socket',
  help,
  async run(args) {
    const { daemon, rest } = takeDaemon(args)
    const options = read(rest)
    const native = daemon === 'sidelaned' || (daemon === 'auto' && existsSync(sidelaned) && canBeNative(options))
    if (native && !existsSync(sidelaned)) throw new UsageError(topic, `${sidelaned} is not there: npm run build:native`)
    if (!native && !existsSync(script)) throw new UsageError(topic, `${script} is not there: npm run build`)
    return native ? standIn(sidelaned, rest) : standIn(process.execPath, [script, ...rest])
  },
}

/** The one option that is not the daemon's. */
function takeDaemon(args: readonly string[]): { daemon: (typeof daemons)[number]; rest: readonly string[] } {
  const at = args.indexOf('--daemon')
  if (at === -1) return { daemon: 'auto', rest: args }
  if (args[at + 1] === undefined) throw new UsageError(topic, 'Expected --daemon NAME')
  const daemon = choiceOption(topic, 'daemon', args[at + 1], daemons) ?? 'auto'
  return { daemon, rest: [...args.slice(0, at), ...args.slice(at + 2)] }
}

function read(args: readonly string[]): Options {
  try {
    return readOptions({ args, env: process.env, readFile: (path) => readFileSync(path, 'utf8') }).options
  } catch (error) {
    throw new UsageError(topic, (error as Error).message, { cause: error })
  }
}

const canBeNative = ({ engine, placement }: Options): boolean => engine !== 'js' && placement !== 'pool'

const standIn = (command: string, args: readonly string[]): Promise<ExitCode> =>
  new Promise((resolve, reject) => {
    // Of its own group: Ctrl-C goes to a whole group, and the second signal would end the daemon at once.
    const child = spawn(command, args, { stdio: 'inherit', detached: true })
    const handlers = passedOn.map((signal) => [signal, () => void child.kill(signal)] as const)
    for (const [signal, handler] of handlers) process.on(signal, handler)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler)
      // As shells have it. The daemon's codes are among ours.
      resolve((code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)) as ExitCode)
    })
  })
