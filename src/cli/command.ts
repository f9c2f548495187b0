// The interface of a command, its exit codes, and the parsing of its arguments. Each command has a file of its own.

import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'

export { exitCodes, type ExitCode } from './exit-codes.ts'

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** The complete help text, with examples. */
  readonly help: string
  run(args: readonly string[], io: Io): Promise<ExitCode>
}

/** Wrong arguments. `topic` is the command whose help explains them. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly topic: string

  constructor(topic: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.topic = topic
  }
}

interface OptionNames<V extends string, F extends string> {
  /** The options with a value. `out` has the short form `-o`, where `shortOut` is set. */
  readonly valued?: readonly V[]
  /** The options without a value. */
  readonly flags?: readonly F[]
  readonly shortOut?: boolean
}

interface ReadArgs<V extends string, F extends string> {
  readonly values: { readonly [K in V]?: string } & { readonly [K in F]?: boolean }
  readonly positionals: readonly string[]
}

/** `parseArgs` of node:util in strict mode; its errors become UsageError. */
export function readArgs<V extends string = never, F extends string = never>(
  topic: string,
  args: readonly string[],
  { valued = [], flags = [], shortOut = false }: OptionNames<V, F>,
): ReadArgs<V, F> {
  const options = Object.fromEntries([
    ...valued.map((name) => [name, { type: 'string' as const, ...(shortOut && name === 'out' && { short: 'o' }) }]),
    ...flags.map((name) => [name, { type: 'boolean' as const }]),
  ])
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true }) as ReadArgs<V, F>
  } catch (error) {
    throw new UsageError(topic, error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error), {
      cause: error,
    })
  }
}

/** True for an existing regular file. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** True when `--help` or `-h` comes before `--`. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? undefined : end).some((arg) => arg === '--help' || arg === '-h')
}

/** Runs the command named by the first argument, or prints help. */
export async function dispatch(
  topic: string,
  commands: Readonly<Record<string, Command>>,
  help: string,
  [name, ...args]: readonly string[],
  io: Io,
): Promise<ExitCode> {
  if (name === undefined) throw new UsageError(topic, `Expected a command: ${Object.keys(commands).join(', ')}`)
  if (name === 'help' || name === '--help' || name === '-h') {
    io.print(help)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined)
    throw new UsageError(topic, `Unknown command "${name}"; expected one of ${Object.keys(commands).join(', ')}`)
  // In `sidelane contract export --help` the help is that of the inner command.
  if (asksForHelp(args.slice(0, 1)) || (asksForHelp(args) && !command.help.includes('\nCommands\n'))) {
    io.print(command.help)
    return 0
  }
  return command.run(args, io)
}
