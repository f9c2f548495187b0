// The options of the daemon as the Node daemon reads them: the table of src/tables with a parser for each, and the types
// that follow from it. Each kind of value is read from text (flags, environment) and from JSON (the file).

import { isIPv4, isIPv6 } from 'node:net'
import { daemonOptions, valueKinds, type DaemonOption, type ValueKind } from '../../tables/daemon-options.ts'
import { isContractName } from '../../model/index.ts'
import { choice, integer, type OptionParser } from '../../util/option-parsers.ts'

/** What each kind of option holds. */
interface ParsedValues {
  path: string
  paths: readonly string[]
  'named-files': Readonly<Record<string, string>>
  choice: string
  integer: number
  id: number
  ids: readonly number[]
  'octal-mode': number
  loopback: Address
  address: Address
  sans: readonly string[]
  share: number
  switch: boolean
}

interface Address {
  readonly host: string
  readonly port: number
}

interface DaemonOptionParser<T> extends OptionParser<T> {
  /** Joins the values of a repeated flag. The environment separates them by ":". */
  join?(a: T, b: T): T
  /** In the environment, where a value may have ":". */
  readonly separator?: ','
}

type Row = (typeof daemonOptions)[number]
type ValueOf<R extends Row> = R extends { choices: readonly (infer Choice)[] } ? Choice : ParsedValues[R['kind']]

/** The options that are given. `true` stands for a flag without its optional value. */
export type Options = {
  readonly [R in Row as R['key']]?: ValueOf<R> | (R extends { metavar: `[${string}]` } ? true : never)
}

/** The defaults that do not depend on the machine. */
export const defaults = Object.fromEntries(
  daemonOptions.flatMap((row) => ('default' in row ? [[row.key, row.default]] : [])),
) as { readonly [R in Extract<Row, { default: unknown }> as R['key']]: ValueOf<R> }

export interface OptionSpec extends Omit<DaemonOption, 'metavar'> {
  readonly key: keyof Options
  readonly flag: string
  /** The environment variable. */
  readonly env: string
  /** The name of the value; undefined for a switch. */
  readonly metavar: string | undefined
  readonly parser: DaemonOptionParser<unknown>
}

const isPath = (value: unknown): value is string => typeof value === 'string' && value !== '' && !value.includes('\0')
const path = (value: unknown): string | undefined => (isPath(value) ? value : undefined)

/** 0 to 2^32 - 2: -1 as a uid means "no change" to the system. */
const id: OptionParser<number> = { ...integer(0, 4_294_967_294), expected: 'a numeric id' }

const share = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined

const octalMode = (value: unknown): number | undefined =>
  typeof value === 'string' && /^0?[0-6]{3}$/.test(value) && (Number.parseInt(value, 8) & ~0o666) === 0
    ? Number.parseInt(value, 8)
    : undefined

function loopback(value: unknown): Address | undefined {
  const [, host, digits] = typeof value === 'string' ? (/^(127\.0\.0\.1|\[::1\]):(\d{1,5})$/.exec(value) ?? []) : []
  const port = Number(digits)
  return host === undefined || port > 65_535 ? undefined : { host: host.replaceAll(/[[\]]/g, ''), port }
}

function namedFile(text: string): Readonly<Record<string, string>> | undefined {
  const [, name = '', file = ''] = /^([^=]*)=(.+)$/s.exec(text) ?? []
  return isContractName(name) ? { [name]: file } : undefined
}

/** An IP address and a port, where loopback has two hosts only. */
function address(value: unknown): Address | undefined {
  const [, host = '', digits = ''] = typeof value === 'string' ? (/^(.*):(\d{1,5})$/.exec(value) ?? []) : []
  const port = Number(digits)
  const bare = /^\[(.*)\]$/.exec(host)?.[1]
  const isValid = bare === undefined ? isIPv4(host) : isIPv6(bare) && !bare.includes('%')
  return digits === '' || port > 65_535 || !isValid ? undefined : { host: bare ?? host, port }
}

const san: Omit<OptionParser<string>, 'expected'> = {
  text: (text) => san.value(text),
  value: (given) => (typeof given === 'string' && isSan(given) ? given : undefined),
}

/** A DNS name in lower case, or a URI. */
const isSan = (text: string): boolean =>
  text.includes('://')
    ? text.length <= 2048 && /^[a-z][a-z0-9+.-]*:\/\/[!-+\--~]+$/.test(text)
    : text.length <= 253 && /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/.test(text)

/** Several values of another parser: one a flag, an array in the file. */
const listOf = <T>(one: Omit<OptionParser<T>, 'expected'>, expected: string): DaemonOptionParser<readonly T[]> => ({
  expected,
  text: (text) => {
    const value = one.text(text)
    return value === undefined ? undefined : [value]
  },
  value: (given) => (Array.isArray(given) && given.every((item) => one.value(item) !== undefined) ? given : undefined),
  join: (a, b) => [...a, ...b],
})

const parsers: { readonly [K in Exclude<ValueKind, 'integer' | 'choice'>]: DaemonOptionParser<ParsedValues[K]> } = {
  path: { expected: 'a path', text: path, value: path },
  paths: listOf({ text: path, value: path }, 'a path, or in the file an array of paths'),
  'named-files': {
    expected: 'NAME=FILE, or in the file an object of paths by contract name',
    text: namedFile,
    value: (given) =>
      typeof given === 'object' && given !== null && !Array.isArray(given) && Object.values(given).every(isPath)
        ? (given as Record<string, string>)
        : undefined,
    join: (a, b) => ({ ...a, ...b }),
  },
  id,
  ids: listOf(id, 'a numeric uid, or in the file an array of them'),
  'octal-mode': { expected: 'octal, no more than 0666', text: octalMode, value: octalMode },
  address: { expected: 'an IP address and a port such as 0.0.0.0:7443 or [::]:7443', text: address, value: address },
  sans: {
    ...listOf(san, 'a DNS name in lower case or a URI without comma, or in the file an array of them'),
    separator: ',',
  },
  loopback: { expected: '127.0.0.1:PORT or [::1]:PORT', text: loopback, value: loopback },
  share: {
    expected: 'a number from 0 to 1',
    text: (text) => (/^\d+(?:\.\d+)?$/.test(text) ? share(Number(text)) : undefined),
    value: share,
  },
  /** A flag without a value; `1` or `0` in the environment. */
  switch: {
    expected: '1 or 0',
    text: (text) => (text === '1' ? true : text === '0' ? false : undefined),
    value: (given) => (typeof given === 'boolean' ? given : undefined),
  },
}

function parserOf({ kind, min = 0, max, choices = [] }: DaemonOption): DaemonOptionParser<unknown> {
  if (kind === 'integer') return integer(min, max)
  return kind === 'choice' ? choice(...choices) : parsers[kind]
}

const kebab = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

export const optionSpecs: readonly OptionSpec[] = daemonOptions.map((row) => ({
  flag: `--${kebab(row.key)}`,
  env: `SIDELANED_${kebab(row.key).toUpperCase().replaceAll('-', '_')}`,
  metavar: valueKinds[row.kind],
  ...row,
  parser: parserOf(row),
}))
