// The interface of a command, its exit codes, and the parsing of its arguments. Each command has a file of its own.

import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'

export { exitCodes, type ExitCode } from './exit-codes.ts'

/** What the value of an option is: the path of a file or directory, one of some names, or any other text. */
export type OptionValue = 'file' | 'text' | readonly string[]

/** An option; without `value` a flag. */
export interface Option {
  readonly value?: OptionValue
  /** One letter. */
  readonly short?: string
}

/** The options by name, without the `--`. Parsing and completion read this table, and a test compares it with the help. */
export type OptionTable = Readonly<Record<string, Option>>

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** The complete help text, with examples. */
  readonly help: string
  readonly options: OptionTable
  /** What may stand without an option: paths, or one of some names. */
  readonly operands?: 'file' | readonly string[]
  /** The commands of a group. */
  readonly commands?: Readonly<Record<string, Command>>
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

/** `parseArgs` of node:util in strict mode; its errors become UsageError. */
export function readArgs<const O extends OptionTable>(topic: string, args: readonly string[], options: O): ReadArgs<O> {
  const specs = Object.fromEntries(
    Object.entries(options).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short !== undefined && { short }) },
    ]),
  )
  try {
    return parseArgs({ args: [...args], options: specs, strict: true, allowPositionals: true }) as ReadArgs<O>
  } catch (error) {
    throw new UsageError(topic, error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error), {
      cause: error,
    })
  }
}

/** The options of a command that takes nothing else. */
export function readValues<const O extends OptionTable>(
  topic: string,
  args: readonly string[],
  options: O,
): ReadArgs<O>['values'] {
  const { values, positionals } = readArgs(topic, args, options)
  if (positionals.length > 0) throw new UsageError(topic, `Unexpected "${positionals[0]}"`)
  return values
}

/** The options of a command that takes one file, which messages call `operand`. */
export function readFileArgs<const O extends OptionTable>(
  topic: string,
  args: readonly string[],
  options: O,
  operand: 'FILE' | 'LOCK',
): { readonly values: ReadArgs<O>['values']; readonly file: string } {
  const { values, positionals } = readArgs(topic, args, options)
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0) throw new UsageError(topic, `Expected one ${operand}`)
  return { values, file }
}

interface ReadArgs<O extends OptionTable> {
  readonly values: { readonly [K in keyof O]?: O[K] extends { readonly value: OptionValue } ? string : boolean }
  readonly positionals: readonly string[]
}

/** True for an existing regular file. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** True for an existing directory. */
export const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

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
  if (name === 'help' && args.length > 0) return dispatch(topic, commands, help, [...args, '--help'], io)
  if (name === 'help' || name === '--help' || name === '-h') {
    io.print(help)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined)
    throw new UsageError(topic, `Unknown command "${name}"; expected one of ${Object.keys(commands).join(', ')}`)
  // In `sidelane contract export --help` the help is that of the inner command.
  if (asksForHelp(args.slice(0, 1)) || (asksForHelp(args) && command.commands === undefined)) {
    io.print(command.help)
    return 0
  }
  return command.run(args, io)
}
