// Contracts at their limits, with payloads that try to exhaust time or stack.
import { describe, expect, test } from 'vitest'
import { parseLock } from '../../src/contract/index.ts'
import { compileValidator } from '../../src/engine/js/validate.ts'
import { readText } from '../../src/json/index.ts'

type Schema = Record<string, unknown>

/** The keywords of the issues. Quadratic work would take minutes: the runner's time limit for a test ends that. */
function validate(schema: Schema, text: string): (string | undefined)[] {
  const limits = { maxDepth: 120, maxKeys: 1_000_000 }
  const { profile } = parseLock(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'hostile', limits, schema }))
  const read = readText(text, { ...profile.limits, numbers: 'safe' })
  if (!read.ok) throw new Error(read.code)
  return compileValidator(profile)(read.value).issues.map(({ keyword }) => keyword)
}

const chain = (link: (next: string) => Schema, length: number, end: Schema): Record<string, Schema> => ({
  ...Object.fromEntries(Array.from({ length }, (_, i) => [`d${i}`, link(`#/$defs/d${i + 1}`)])),
  [`d${length}`]: end,
})

describe('chains that consume no input, at each of 120 levels', () => {
  const nest = (value: string): string => '['.repeat(119) + value + ']'.repeat(119)
  const list = { type: 'array', items: { $ref: '#/$defs/d0' } }

  test('references', () => {
    const $defs = chain((next) => ({ $ref: next }), 4900, list)
    expect(validate({ $defs, $ref: '#/$defs/d0' }, nest('1'))).toEqual(['type'])
  })
  test('nullables', () => {
    const $defs = chain((next) => ({ anyOf: [{ $ref: next }, { type: 'null' }] }), 1600, list)
    expect(validate({ $defs, $ref: '#/$defs/d0' }, nest('null'))).toEqual([])
    expect(validate({ $defs, $ref: '#/$defs/d0' }, nest('1'))).toEqual(['type'])
  })
  test('unions of one branch', () => {
    const $defs = chain((next) => ({ anyOf: [{ $ref: next }] }), 2400, list)
    expect(validate({ $defs, $ref: '#/$defs/d0' }, nest('[]'))).toEqual([])
    expect(validate({ $defs, $ref: '#/$defs/d0' }, nest('1'))).toEqual(['union'])
  })
})

describe('payloads of 1 MiB', () => {
  const repeat = (item: string): string => `[${`${item},`.repeat(1_000_000 / (item.length + 1))}${item}]`

  test('empty objects where thousands of properties are optional', () => {
    const names = Array.from({ length: 4000 }, (_, i) => `p${i}`)
    const properties = Object.fromEntries(names.map((name) => [name, true]))
    expect(validate({ type: 'array', items: { type: 'object', properties } }, repeat('{}'))).toEqual([])
  })
  test('an enum of thousands of values', () => {
    const values = Array.from({ length: 9000 }, (_, i) => i)
    expect(validate({ type: 'array', items: { enum: values } }, repeat('8999'))).toEqual([])
  })
  test('a union of the largest fan-out', () => {
    const anyOf = Array.from({ length: 256 }, (_, i) => ({ type: 'number', minimum: 10 + i }))
    expect(validate({ type: 'array', items: { anyOf } }, repeat('1'))).toHaveLength(32)
    expect(validate({ type: 'array', items: { anyOf: anyOf.toReversed() } }, repeat('10.000000'))).toEqual([])
  })
  test('unknown keys', () => {
    const keys = Array.from({ length: 70_000 }, (_, i) => `"${i}":0`).join(',')
    expect(validate({ type: 'object', additionalProperties: false }, `{${keys}}`)).toHaveLength(32)
  })
  test('a long string under patterns', () => {
    const patterns = ['^(?:a{0,15}){15}b$', '^(a|a)*$', '.*x$'].map((pattern) => ({ pattern }))
    expect(validate({ type: 'string', allOf: patterns }, `"${'a'.repeat(1_000_000)}"`)).toEqual(['pattern'])
  })
})
