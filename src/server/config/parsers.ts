// The values of options: how each kind is read from text (flags, environment) and from JSON (the file).

import type { DaemonOption, ValueKind } from '../../tables/daemon-options.ts'
import { choice, integer, type OptionParser } from '../../util/option-parsers.ts'

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

export interface DaemonOptionParser<T> extends OptionParser<T> {
  /** Joins the values of a repeated flag. The environment separates them by ":". */
  join?(a: T, b: T): T
}

export function parserOf({ kind, min = 0, max, choices = [] }: DaemonOption): DaemonOptionParser<unknown> {
  if (kind === 'integer') return integer(min, max)
  return kind === 'choice' ? choice(...choices) : parsers[kind]
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
