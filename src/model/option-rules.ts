// The rules of options: what each one accepts, and the sentence of the error.

import { invalidOptions } from './errors.ts'
import type { OptionParser } from '../util/option-parsers.ts'
import { isBytes } from '../util/typed-array.ts'

export type Rule = Pick<OptionParser<unknown>, 'expected' | 'value'>

/** `expected` completes "Expected `name` to be …". */
export const rule = (expected: string, accepts: (value: unknown) => boolean): Rule => ({
  expected,
  value: (given) => (accepts(given) ? given : undefined),
})

export const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
// NaN fails both comparisons.
export const inRange = (value: unknown, max: number, min = 1): boolean =>
  typeof value === 'number' && value >= min && value <= max

export const booleanRule: Rule = rule('true or false', isBoolean)

/** Milliseconds from 1 to `max`. */
export const msRule = (max: number): Rule =>
  rule(`a number of milliseconds from 1 to ${max}`, (value) => inRange(value, max))

export const percentRule: Rule = rule('a number from 0 to 100', (value) => inRange(value, 100, 0))

export const stringRule: Rule = rule('a string', (value) => typeof value === 'string')

export const bytesRule: Rule = rule('a Uint8Array', isBytes)

export const functionRule: Rule = rule('a function', (value) => typeof value === 'function')

/** Throws `options.invalid`. */
export function check(where: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  if (!isObject(options)) {
    throw invalidOptions(`Expected the options of \`${where}\` to be an object, got ${show(options)}`)
  }
  for (const name in options) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ')
      throw invalidOptions(`Expected the options of \`${where}\` to be among ${known}, got \`${clip(name)}\``)
    }
    const value = (options as Record<string, unknown>)[name]
    if (value === undefined || rule.value(value) !== undefined) continue
    // A key is a secret: only its type and size are shown.
    const got = name === 'digestKey' || name === 'key' ? showSecret(value) : show(value)
    throw invalidOptions(`Expected \`${name}\` to be ${rule.expected}, got ${got}`)
  }
}

/** A copy of options with those that the object inherits, which `check` accepts and a spread leaves out. */
export function copyOptions<T extends object>(options: T): T {
  const copy: Partial<T> = {}
  for (const name in options) copy[name] = options[name]
  return copy as T
}

function show(value: unknown): string {
  if (value === null) return '`null`'
  if (typeof value === 'object') return `an object (${Array.isArray(value) ? 'array' : 'object'})`
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  return `\`${clip(`${value as number}`)}\` (${typeof value})`
}

const showSecret = (value: unknown): string =>
  isBytes(value) ? `${value.length} bytes` : `a value of type ${typeof value}`

const clip = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}…` : text)
