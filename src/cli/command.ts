// What a command is, and how it reads its arguments. The commands themselves are one file each.

import { statSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** The whole help text; it teaches by example. */
  readonly help: string
  run(args: readonly string[], io: Io): Promise<ExitCode>
}

/** The command was called wrongly. `topic` is the command whose help fits. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly topic: string

  constructor(topic: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.topic = topic
  }
}

/** node:util's parseArgs, strict, with its complaints as UsageError. */
export function readArgs<const C extends ParseArgsConfig>(
  topic: string,
  config: C,
): ReturnType<typeof parseArgs<C & { strict: true; allowPositionals: true }>> {
  try {
    return parseArgs({ ...config, strict: true, allowPositionals: true })
  } catch (error) {
    throw new UsageError(topic, error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error), {
      cause: error,
    })
  }
}

/** Not a folder, and there. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** True when the arguments ask for help before `--`. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? undefined : end).some((arg) => arg === '--help' || arg === '-h')
}

/** Picks the command that the first argument names, prints help where asked, and runs it. */
export async function dispatch(
  topic: string,
  commands: Readonly<Record<string, Command>>,
  help: string,
  [name, ...args]: readonly string[],
  io: Io,
): Promise<ExitCode> {
  if (name === undefined) throw new UsageError(topic, `Expected a command: ${Object.keys(commands).join(', ')}`)
  if (name === 'help' || name === '--help' || name === '-h') {
    io.data(help)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined)
    throw new UsageError(topic, `Unknown command "${name}"; there is ${Object.keys(commands).join(', ')}`)
  // A group of commands has help of its own further down: `sidelane contract export --help`.
  if (asksForHelp(args.slice(0, 1)) || (asksForHelp(args) && !command.help.includes('\nCommands\n'))) {
    io.data(command.help)
    return 0
  }
  return command.run(args, io)
}
