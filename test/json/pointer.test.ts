// JSON pointers of issues.
import { expect, test } from 'vitest'
import { appendPointer, pointerOf } from '../../src/json/index.ts'

test('the root is empty', () => expect(pointerOf([])).toBe(''))
test('keys and indices', () => expect(pointerOf(['a', 0, '', '1'])).toBe('/a/0//1'))
test('tilde and slash are escaped', () => expect(appendPointer('', '~1/')).toBe('/~01~1'))
test('a key is truncated to 128 code points before it is escaped', () => {
  expect(appendPointer('/x', '/'.repeat(129))).toBe(`/x/${'~1'.repeat(128)}`)
  expect(appendPointer('', '😀'.repeat(129))).toBe(`/${'😀'.repeat(128)}`)
})
