// Reads flags, environment and file. A flag wins over the environment, the environment over the file. Names and single
// values are checked here; defaults and combinations in settings.ts.

import { FileError, readRegularFile } from '../../runtime/regular-file.ts'
import { configTexts as texts, jsonTypes } from '../../tables/daemon-texts.ts'
import { fillTemplate, type TemplateValues } from '../../util/fill-template.ts'
import { optionSpecs, type Options, type OptionSpec } from './options.ts'

/** The configuration is wrong: the message names the source and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export type Mode = 'serve' | 'check' | 'help' | 'version'

export interface ConfigSources {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Default: from disk. Rejects with FileError. */
  readonly readFile?: (path: string) => Promise<Uint8Array>
}

type Values = Map<keyof Options, unknown>

const modes: ReadonlyMap<string, Mode> = new Map<string, Mode>([
  ['--check', 'check'],
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
  ['-v', 'version'],
])

/** Rejects with ConfigError. */
export async function readOptions({ args, env, readFile = readConfig }: ConfigSources): Promise<{
  readonly mode: Mode
  readonly options: Options
}> {
  const flags: Values = new Map()
  const mode = readFlags(args, flags)
  if (mode === 'help' || mode === 'version') return { mode, options: {} }
  const values = new Map([...readEnv(env), ...flags])
  const file = values.get('config') as string | undefined
  const all = new Map([...(file === undefined ? [] : await readConfigFile(file, readFile)), ...values])
  return { mode, options: Object.fromEntries(all) }
}

function readFlags(args: readonly string[], values: Values): Mode {
  let mode: Mode = 'serve'
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string
    const asked = modes.get(arg)
    if (asked !== undefined) {
      // Help and version win over --check, and over wrong options behind them.
      if (mode === 'serve' || mode === 'check') mode = asked
      continue
    }
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1
    const flag = equals === -1 ? arg : arg.slice(0, equals)
    const spec = optionSpecs.find((each) => each.flag === flag)
    if (spec === undefined) throw configError(texts.unknownOption, { option: quote(flag) })
    if (spec.metavar === undefined) {
      if (equals !== -1) throw configError(texts.expectedNoValue, { flag })
      setOption(values, spec, true)
      continue
    }
    const next = args[i + 1]
    if (equals !== -1) setOption(values, spec, parse(spec, flag, arg.slice(equals + 1)))
    else if (next !== undefined && !next.startsWith('--')) {
      setOption(values, spec, parse(spec, flag, next))
      i++
    } else if (spec.metavar.startsWith('[')) setOption(values, spec, true)
    else throw unexpected(quote(flag), spec, 'nothing')
  }
  return mode
}

function setOption(values: Values, { key, flag, parser }: OptionSpec, value: unknown): void {
  const before = values.get(key)
  if (before === undefined) values.set(key, value)
  else if (parser.join) values.set(key, parser.join(before, value))
  else throw configError(texts.expectedOnce, { flag })
}

function parse(spec: OptionSpec, name: string, text: string): unknown {
  const value = spec.parser.text(text)
  if (value === undefined) throw unexpected(quote(name), spec, quote(text))
  return value
}

function readEnv(env: ConfigSources['env']): Values {
  const values: Values = new Map()
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('SIDELANED_')) continue
    const spec = optionSpecs.find((each) => each.env === name)
    if (spec === undefined) throw configError(texts.unknownVariable, { variable: quote(name) })
    // An empty variable counts as not set: a shell or a unit file cannot always leave it out.
    if (text === undefined || text === '') continue
    const { parser } = spec
    for (const part of parser.join ? text.split(parser.separator ?? ':') : [text])
      setOption(values, spec, parse(spec, name, part))
  }
  return values
}

const readConfig = (path: string): Promise<Uint8Array> => readRegularFile(path, 'config')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Any file may be named by mistake, so no message holds a part of it but the name of a key that looks like an option. */
async function readConfigFile(file: string, readFile: typeof readConfig): Promise<Values> {
  let content: unknown
  try {
    content = JSON.parse(utf8.decode(await readFile(file)))
  } catch (error) {
    // The message of a JSON parser quotes the file.
    if (error instanceof FileError) throw new ConfigError(error.message)
    throw configError(texts.expectedObject, { file: quote(file) })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw configError(texts.expectedObject, { file: quote(file) })
  }
  const values: Values = new Map()
  for (const [key, value] of Object.entries(content)) {
    const spec = optionSpecs.find((each) => each.key === key && !each.notInFile)
    if (spec === undefined) {
      const shown = /^[A-Za-z_-]{1,24}$/.test(key) ? quote(key) : texts.hiddenKey
      throw configError(texts.unknownKey, { key: shown, file: quote(file) })
    }
    const parsed = spec.parser.value(value)
    if (parsed === undefined) throw unexpected(`\`${key}\` in ${quote(file)}`, spec, jsonTypeOf(value))
    values.set(spec.key, parsed)
  }
  return values
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return jsonTypes.null
  if (Array.isArray(value)) return jsonTypes.array
  return jsonTypes[typeof value as keyof typeof jsonTypes]
}

const configError = <const T extends string>(template: T, values: TemplateValues<T>): ConfigError =>
  new ConfigError(fillTemplate(template, values))

const unexpected = (name: string, { parser: { expected } }: OptionSpec, value: string): ConfigError =>
  configError(texts.expectedValue, { name, expected, value })

const quote = (text: string): string => `\`${text.length > 64 ? `${text.slice(0, 64)}…` : text}\``
