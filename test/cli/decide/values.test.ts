// Rates, shares and decimals as they are typed.

import { expect, test } from 'vitest'
import { decimal, rate, share } from '../../../src/cli/decide/values.ts'

test.each([
  ['500/s', 500],
  ['500', 500],
  ['0.5/s', 0.5],
  ['30000/min', 500],
  ['1,000/s', 1000],
  ['2k/s', 2000],
  ['1.8M/h', 500],
  ['86400/d', 1],
  ['0/s', undefined],
  ['-5/s', undefined],
  ['500/week', undefined],
  ['1e3', undefined],
  ['', undefined],
  ['fast', undefined],
  ['99999999k/s', undefined],
])('the rate %j is %j', (text, value) => {
  const found = rate.text(text)
  if (value === undefined) expect(found).toBeUndefined()
  else expect(found).toBeCloseTo(value)
})

test.each([
  ['15%', 0.15],
  ['15 %', 0.15],
  ['0.15', 0.15],
  ['1', 1],
  ['%', undefined],
  ['-1', undefined],
  ['1.2.3', undefined],
])('the share %j is %j', (text, value) => {
  expect(share.text(text)).toBe(value)
})

test('a decimal is within its bounds', () => {
  const { text } = decimal(0, 10)
  expect([text('0.05'), text('10'), text('11'), text('-1'), text('NaN'), text('.5')]).toEqual([
    ...[0.05, 10, undefined, undefined, undefined, 0.5],
  ])
})

test.each(['1,5k/s', '12_34', '1,', ',500', '1,0000'])(
  'a separator anywhere but before three digits is refused: %s',
  (text) => {
    expect(rate.text(text)).toBeUndefined()
  },
)
