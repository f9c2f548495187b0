// Parsers for option values.

import { expect, test } from 'vitest'
import { choice, integer } from '../../src/util/option-parsers.ts'

test('integer accepts digits as text, and safe integers as values, within the range', () => {
  const threads = integer(1, 1024)
  expect(['1', '1024', '0', '1025', '-1', '+1', '1.0', '1e2', '', ' 1'].map(threads.text)).toEqual([
    ...[1, 1024],
    ...Array.from({ length: 8 }, () => undefined),
  ])
  expect([1, 1024, 0, 1.5, '1', null, Number.NaN].map(threads.value)).toEqual([
    ...[1, 1024],
    ...Array.from({ length: 5 }, () => undefined),
  ])
  expect([threads.expected, integer(0).expected]).toEqual(['an integer from 1 to 1024', 'an integer ≥ 0'])
  expect(integer(0).value(2 ** 53)).toBe(undefined)
})

test('choice accepts its names only', () => {
  const engine = choice('auto', 'js')
  expect(['auto', 'js', 'JS', ''].map(engine.text)).toEqual(['auto', 'js', undefined, undefined])
  expect(engine.value(1)).toBe(undefined)
  expect(engine.expected).toBe('one of "auto", "js"')
})
