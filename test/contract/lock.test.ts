// parseLock against the lock vectors (test/vectors/lock), which the native engine is tested with too.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { SidelaneError } from '../../src/model/index.ts'
import { normalForm, parseContract, parseLock, type ParsedLock } from '../../src/contract/index.ts'

interface Vector {
  description: string
  lock?: string | object
  /** The lock's text in pieces, each with its number of repetitions. */
  lockParts?: [text: string, times: number][]
  expect: { normalForm: string; id: string } | { code: string; pointer: string }
}

const vectors = (name: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../vectors/lock/${name}.json`, import.meta.url), 'utf8'))

function textOf({ lock, lockParts = [] }: Vector): string {
  if (lock === undefined) return lockParts.map(([text, times]) => text.repeat(times)).join('')
  return typeof lock === 'string' ? lock : JSON.stringify(lock)
}

function outcome(text: string): Vector['expect'] {
  try {
    const contract = parseLock(text)
    return { normalForm: normalForm(contract.profile), id: contract.id }
  } catch (error) {
    if (!(error instanceof SidelaneError)) throw error
    return { code: error.code, pointer: error.pointer as string }
  }
}

describe.each(['fields', 'normal-form', 'refused'])('lock vectors: %s', (name) => {
  test.each(vectors(name))('$description', (vector) => {
    expect(outcome(textOf(vector))).toEqual(vector.expect)
  })
})

describe('a parsed document of numbers: int64', () => {
  const textOfBound = (bound: string, numbers = 'int64'): string =>
    `{"profile":"p1","unicode":"15.0","name":"n","numbers":"${numbers}","schema":{"items":{"maximum":${bound},"type":"number"},"type":"array"}}`
  const parsed = (text: string): ParsedLock => JSON.parse(text) as ParsedLock

  test.each([
    '9007199254740993',
    '9223372036854775807',
    '18446744073709551616',
    '18446744073709551615',
    '-9007199254740993',
    '-9223372036854775808',
  ])('is refused where JSON.parse has rounded: %s', (bound) => {
    expect(() => parseContract(parsed(textOfBound(bound)))).toThrow(
      expect.objectContaining({
        code: 'contract.invalid',
        pointer: '/schema/items/maximum',
        message: expect.stringContaining('give the text of the lock'),
      }),
    )
    const { id, lock } = parseContract(textOfBound(bound))
    expect(parseContract(lock).id).toBe(id)
  })

  test.each(['9007199254740991', '0.5', '1e300', '-1e20'])('is that of its text: %s', (bound) => {
    expect(parseContract(parsed(textOfBound(bound))).id).toBe(parseContract(textOfBound(bound)).id)
  })

  test('without int64 a bound is a double anyway', () => {
    const text = textOfBound('9223372036854775807', 'double')
    expect(parseContract(parsed(text)).id).toBe(parseContract(text).id)
  })
})

test('a document that contains itself is refused', () => {
  const lock: Record<string, unknown> = { profile: 'p1' }
  lock['schema'] = { items: lock }
  expect(() => parseContract(lock as never)).toThrow(
    expect.objectContaining({ code: 'contract.invalid', pointer: '', message: expect.stringContaining('itself') }),
  )
})
