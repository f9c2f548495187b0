// `sidelane serve`: chooses a daemon by the options and runs it as a child.

import { existsSync } from 'node:fs'
import type { DaemonName } from '../../model/index.ts'
import { daemonHelp, optionSpecs, readOptions, type Options } from '../../server/index.ts'
import { faultsOf, findSidelaned } from '../../util/find-sidelaned.ts'
import { choice } from '../../util/option-parsers.ts'
import { packageFile } from '../../util/package-files.ts'
import { exitCodes, UsageError, type Command, type ExitCode, type OptionTable } from '../command.ts'
import { explainNoLock } from '../input/explain-file.ts'
import { daemonNames, optionValue } from '../options.ts'
import type { Io } from '../io.ts'
import { runDaemon, type DaemonCommand } from './run-daemon.ts'

const topic = 'serve'

const script = packageFile('dist/daemon.js')

const help = `${daemonHelp('sidelane serve')}

  --daemon NAME   auto (default): sidelaned if it can be started and supports the options, else the Node daemon; or sidelaned, node

sidelaned has the native engine and inline alone; --threads N are the threads that serve there (default: cores).

Examples
  sidelane serve --contract order.lock.json
  sidelane serve --socket /run/app/sidelane.sock --contract /etc/app/contracts --max-queue 4096
  sidelane serve --daemon node --engine js --placement pool --contract order.lock.json

SIGHUP, SIGINT and SIGTERM are forwarded to the daemon, and its exit code is returned. The daemon drains and ends when this
process is killed, or the npm or npx that started it.
`

const valueOf = (kind: string): 'file' | 'text' => (kind === 'path' || kind === 'paths' ? 'file' : 'text')

/** The daemon reads its own options; these are for completion. */
const options: OptionTable = {
  ...Object.fromEntries(
    optionSpecs.map(({ flag, kind, choices }) => [
      flag.slice(2),
      kind === 'switch' ? {} : { value: choices ?? valueOf(kind) },
    ]),
  ),
  check: {},
  daemon: { value: daemonNames },
}

export const serve: Command = {
  summary: 'start a daemon that serves contracts on a socket',
  help,
  options,
  async run(args, io) {
    const { daemon, rest } = splitDaemonOption(args)
    const options = await read(rest)
    const isSupported = options.engine !== 'js' && options.placement !== 'pool'
    const isWanted = daemon === 'sidelaned' || (daemon === 'auto' && isSupported)
    const readsStdin = options.exitWithStdin === true || options.contractsFromStdin === true
    const search = isWanted ? findSidelaned() : undefined
    if (search?.path !== undefined) return run({ command: search.path, args: rest, readsStdin }, options, io)
    if (search !== undefined) {
      if (daemon === 'sidelaned') throw new UsageError(topic, `sidelaned cannot be started. ${faultsOf(search)}`)
      // One that is not installed is no fault.
      const isFault = search.tried.some(({ isMissing }) => !isMissing)
      if (isFault) io.log(`The Node daemon is started, because sidelaned cannot be. ${faultsOf(search)}`)
    }
    if (!existsSync(script)) throw new UsageError(topic, `${script} does not exist: npm run build`)
    return run({ command: process.execPath, args: [script, ...rest], readsStdin }, options, io)
  },
}

/** After a refused start, names each contract that is a file of another kind. */
async function run(daemon: DaemonCommand, { contracts = [] }: Options, io: Io): Promise<ExitCode> {
  const code = await runDaemon(daemon)
  if (code !== exitCodes.usage) return code
  for (const path of contracts) {
    const explained = explainNoLock(path)
    if (explained !== undefined) io.log(`sidelane: ${explained}`)
  }
  return code
}

/** Separates `--daemon`, the only option that is not an option of the daemon. */
function splitDaemonOption(args: readonly string[]): { daemon: DaemonName; rest: readonly string[] } {
  const at = args.findIndex((arg) => /^--daemon(?:=|$)/.test(arg))
  if (at === -1) return { daemon: 'auto', rest: args }
  const value = /=(.*)$/s.exec(args[at] as string)?.[1]
  const name = value ?? args[at + 1]
  if (name === undefined) throw new UsageError(topic, 'Expected --daemon NAME')
  const daemon = optionValue(topic, 'daemon', name, choice(...daemonNames)) ?? 'auto'
  return { daemon, rest: [...args.slice(0, at), ...args.slice(at + (value === undefined ? 2 : 1))] }
}

async function read(args: readonly string[]): Promise<Options> {
  try {
    return (await readOptions({ args, env: process.env })).options
  } catch (error) {
    throw new UsageError(topic, (error as Error).message, { cause: error })
  }
}
