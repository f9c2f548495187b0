import { expect, test } from 'vitest'
import { coresText, percentText, rateText, twoDigits } from '../../src/decide/format.ts'

test.each([
  [0, '0'],
  [0.000314, '0.00031'],
  [1.44, '1.4'],
  [5149, '5,100'],
])('two digits: %d', (value, text) => expect(twoDigits(value)).toBe(text))

test('small figures keep their digits and have no exponent', () => {
  expect(coresText(0.00000081)).toBe('0.00000081 of a core')
  expect(coresText(0.996)).toBe('1 core')
  expect(percentText(0.0000000123)).toBe('0.0000012 %')
  expect(percentText(0.0996)).toBe('10 %')
  expect(rateText(0.0002)).toBe('0.0002/s')
})
