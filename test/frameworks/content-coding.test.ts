// Which form of a response a client accepts (RFC 9110, 12.5.3).
import { describe, expect, test } from 'vitest'
import { chooseCoding, codingsIn } from '../../src/frameworks/content-coding.ts'

describe('chooseCoding', () => {
  test.each([
    ['gzip', 'gzip'],
    ['GZip ; Q=0.8', 'gzip'],
    ['x-gzip', 'gzip'],
    ['br, gzip;q=0.001', 'gzip'],
    ['*', 'gzip'],
    ['br;q=1, *;q=0.2', 'gzip'],
    ['gzip, identity', 'gzip'],
    ['gzip, *;q=0', 'gzip'],
    ['gzip;q=0.5, identity;q=0.4', 'gzip'],
    ['gzip, gzip;q=0', 'gzip'],
    [undefined, 'identity'],
    ['', 'identity'],
    ['identity', 'identity'],
    ['br', 'identity'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=0, *', 'identity'],
    ['gzip;q=0.4, identity;q=0.5', 'identity'],
    ['*;q=0, identity;q=0.1', 'identity'],
    // Malformed items are as if they were not there.
    ['gzip;q=2', 'identity'],
    ['gzip;q=0.1234', 'identity'],
    ['gzip;level=9', 'identity'],
    [';q=1,,  ,', 'identity'],
    ['*;q=0', undefined],
    ['identity;q=0', undefined],
    ['br, identity;q=0.000', undefined],
  ])('%j gets %s', (accepted, form) => {
    expect(chooseCoding(accepted, 'gzip')).toBe(form)
  })

  test('without a token there is identity, or nothing', () => {
    expect(chooseCoding('*', undefined)).toBe('identity')
    expect(chooseCoding('*, identity;q=0', undefined)).toBe(undefined)
  })

  test('a long field takes no longer than its length', () => {
    expect(chooseCoding(`${'a;q=0,'.repeat(100_000)}gzip`, 'gzip')).toBe('gzip')
  })
})

test('codingsIn has the codings of a field in their order', () => {
  expect(codingsIn(' GZIP , br,,x-gzip')).toEqual(['gzip', 'br', 'gzip'])
})
