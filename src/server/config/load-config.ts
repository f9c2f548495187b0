// Flags, environment and file → what is given of each option. A flag wins over the environment, the environment over the
// file. Every name and value is checked here; what they mean together, and defaults, are settled in settings.ts.

import { rows, type OptionKey, type Options, type Row } from './options.ts'

/** The configuration is wrong: the message says where, and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export type Mode = 'serve' | 'check' | 'help' | 'version'

export interface Given {
  readonly mode: Mode
  readonly options: Options
}

export interface ConfigSources {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => string
}

type Values = Map<OptionKey, unknown>

const modes: Readonly<Record<string, Mode>> = {
  '--check': 'check',
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
}

/** Throws ConfigError. */
export function readOptions({ args, env, readFile }: ConfigSources): Given {
  const flags: Values = new Map()
  const mode = readFlags(args, flags)
  if (mode === 'help' || mode === 'version') return { mode, options: {} }
  const values = new Map([...readEnv(env), ...flags])
  const file = values.get('config') as string | undefined
  const all = new Map([...(file === undefined ? [] : readConfigFile(file, readFile)), ...values])
  return { mode, options: Object.fromEntries(all) }
}

function readFlags(args: readonly string[], values: Values): Mode {
  let mode: Mode = 'serve'
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    const given = modes[arg]
    if (given !== undefined) {
      // Who asks for help gets it, whatever else is there.
      if (mode === 'serve' || mode === 'check') mode = given
      continue
    }
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1
    const flag = equals === -1 ? arg : arg.slice(0, equals)
    const row = rows.find((each) => each.flag === flag)
    if (row === undefined) throw new ConfigError(`Unknown option ${show(flag)}`)
    if (row.metavar === undefined) {
      if (equals !== -1) throw new ConfigError(`Expected \`${flag}\` without a value`)
      put(values, row, true)
      continue
    }
    const next = args[i + 1]
    if (equals !== -1) put(values, row, parse(row, `\`${flag}\``, arg.slice(equals + 1)))
    else if (next !== undefined && !next.startsWith('--')) {
      put(values, row, parse(row, `\`${flag}\``, next))
      i++
    } else if (row.optional) put(values, row, true)
    else throw new ConfigError(`Expected \`${flag}\` to be ${row.kind.expected}, got nothing`)
  }
  return mode
}

function put(values: Values, row: Row, value: unknown): void {
  const before = values.get(row.key)
  if (before === undefined) values.set(row.key, value)
  else if (row.kind.join) values.set(row.key, row.kind.join(before, value))
  else throw new ConfigError(`Expected \`${row.flag}\` once`)
}

function parse({ kind }: Row, name: string, text: string): unknown {
  const value = kind.text(text)
  if (value === undefined) throw new ConfigError(`Expected ${name} to be ${kind.expected}, got ${show(text)}`)
  return value
}

function readEnv(env: ConfigSources['env']): Values {
  const values: Values = new Map()
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('SIDELANED_')) continue
    const row = rows.find((each) => each.env === name)
    if (row === undefined) throw new ConfigError(`Unknown variable ${show(name)}`)
    // Set to nothing is not set: a shell or a unit file cannot always leave it out.
    if (text === undefined || text === '') continue
    const parts = (row.kind.many ? text.split(':') : [text]).map((part) => parse(row, `\`${name}\``, part))
    values.set(
      row.key,
      parts.reduce((a, b) => row.kind.join?.(a, b) ?? b),
    )
  }
  return values
}

function readConfigFile(file: string, readFile: ConfigSources['readFile']): Values {
  let content: unknown
  try {
    content = JSON.parse(readFile(file))
  } catch (error) {
    throw new ConfigError(`Cannot read ${show(file)}: ${(error as Error).message}`)
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError(`Expected ${show(file)} to hold a JSON object`)
  }
  const values: Values = new Map()
  for (const [key, value] of Object.entries(content)) {
    const row = rows.find((each) => each.key === key && !each.notInFile)
    if (row === undefined) throw new ConfigError(`Unknown key ${show(key)} in ${show(file)}`)
    const read = row.kind.json(value)
    if (read === undefined) {
      const got = show(JSON.stringify(value))
      throw new ConfigError(`Expected \`${key}\` in ${show(file)} to be ${row.kind.expected}, got ${got}`)
    }
    values.set(row.key, read)
  }
  return values
}

const show = (text: string): string => `\`${text.length > 64 ? `${text.slice(0, 64)}…` : text}\``
