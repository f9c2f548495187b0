// The values of options: how each kind is read from text (flags, environment) and from JSON (the file).

import type { DaemonOption, ValueKind } from '../../tables/daemon-options.ts'

/** What each kind of option holds. */
export interface ParsedValues {
  path: string
  paths: readonly string[]
  'named-files': Readonly<Record<string, string>>
  choice: string
  integer: number
  id: number
  ids: readonly number[]
  'octal-mode': number
  loopback: Address
  share: number
  switch: boolean
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Both readers return undefined for a value of another kind. */
export interface OptionParser<T> {
  /** Completes "Expected `--threads` to be …". */
  readonly expected: string
  readonly text: (text: string) => T | undefined
  readonly json: (value: unknown) => T | undefined
  /** Joins the values of a repeated flag. The environment separates them by ":". */
  join?(a: T, b: T): T
}

export function parserOf(option: DaemonOption): OptionParser<unknown> {
  if (option.kind === 'integer') return integer(option.min ?? 0, option.max ?? Number.MAX_SAFE_INTEGER)
  if (option.kind === 'choice') return choice(...(option.choices ?? []))
  return parsers[option.kind]
}

function integer(min: number, max: number): OptionParser<number> {
  const inRange = (value: number): number | undefined =>
    Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined
  return {
    expected: max === Number.MAX_SAFE_INTEGER ? `an integer, at least ${min}` : `an integer from ${min} to ${max}`,
    text: (text) => (/^\d{1,16}$/.test(text) ? inRange(Number(text)) : undefined),
    json: (value) => (typeof value === 'number' ? inRange(value) : undefined),
  }
}

function choice(...names: readonly string[]): OptionParser<string> {
  const find = (value: unknown): string | undefined => names.find((name) => name === value)
  return { expected: `one of ${names.map((name) => `"${name}"`).join(', ')}`, text: find, json: find }
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
  const [, name, file] = /^([a-z0-9-]{1,64})=(.+)$/s.exec(text) ?? []
  return name === undefined || file === undefined ? undefined : { [name]: file }
}

/** Several values of another parser: one a flag, an array in the file. */
const listOf = <T>(one: Pick<OptionParser<T>, 'text' | 'json'>, expected: string): OptionParser<readonly T[]> => ({
  expected,
  text: (text) => {
    const value = one.text(text)
    return value === undefined ? undefined : [value]
  },
  json: (value) => (Array.isArray(value) && value.every((item) => one.json(item) !== undefined) ? value : undefined),
  join: (a, b) => [...a, ...b],
})

const parsers: { readonly [K in Exclude<ValueKind, 'integer' | 'choice'>]: OptionParser<ParsedValues[K]> } = {
  path: { expected: 'a path', text: path, json: path },
  paths: listOf({ text: path, json: path }, 'a path, or in the file an array of paths'),
  'named-files': {
    expected: 'NAME=FILE, or in the file an object of paths by contract name',
    text: namedFile,
    json: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isPath)
        ? (value as Record<string, string>)
        : undefined,
    join: (a, b) => ({ ...a, ...b }),
  },
  id,
  ids: listOf(id, 'a numeric uid, or in the file an array of them'),
  'octal-mode': { expected: 'octal, no more than 0666', text: octalMode, json: octalMode },
  loopback: { expected: '127.0.0.1:PORT or [::1]:PORT', text: loopback, json: loopback },
  share: {
    expected: 'a number from 0 to 1',
    text: (text) => (/^\d+(?:\.\d+)?$/.test(text) ? share(Number(text)) : undefined),
    json: share,
  },
  /** A flag without a value; `1` or `0` in the environment. */
  switch: {
    expected: '1 or 0',
    text: (text) => (text === '1' ? true : text === '0' ? false : undefined),
    json: (value) => (typeof value === 'boolean' ? value : undefined),
  },
}
