import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toNfc } from '../../src/engine/js/normalize-string.ts'

// Marks of many classes, marks that decompose, marks of class 0 and plain letters.
const char = fc.constantFrom(
  ...'\u0300\u0315\u0316\u0334\u0345\u0344\u034f\u05b0\u064b\u0f73\u0f71\u3099\u093c\u0903aé\u0bc6\u0bbe\u{1d165}\u{16d63}',
)

test('a text with long runs of marks is normalized as String.prototype.normalize does it', () => {
  const text = fc.array(char, { minLength: 60, maxLength: 300 }).map((chars) => chars.join(''))
  fc.assert(
    fc.property(text, (given) => toNfc(given) === given.normalize('NFC')),
    { numRuns: 300 },
  )
})

test('every mark keeps its place among all the others', () => {
  let marks = ''
  for (let point = 0x10ffff; point >= 0; point--) {
    const text = point >= 0xd800 && point <= 0xdfff ? '' : String.fromCodePoint(point)
    if (/\p{M}/u.test(text)) marks += text
  }
  expect(toNfc(`a${marks}`)).toBe(`a${marks}`.normalize('NFC'))
})
