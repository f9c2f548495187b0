// Compares docs/errors.md with the table of error codes.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorTable, isDataCode } from '../../src/model/errors.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const [outcomes = '', , faults = ''] = page.split(/^## Where a payload.*|^## Faults.*|^## Sources of faults/m)
const rows = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('| `'))

test('docs/errors.md lists every code with its number on the wire, status and meaning, in separate tables for outcomes and faults', () => {
  const expected = (data: boolean): string[] =>
    Object.entries(errorTable)
      .filter(([code]) => isDataCode(code) === data)
      .map(([code, { wire, status, message }]) => `| \`${code}\` | ${wire} | ${status} | ${message} |`)
  expect(rows(outcomes)).toEqual(expected(true))
  expect(rows(faults)).toEqual(expected(false))
})

test('the wire numbers of the codes are unique', () => {
  const numbers = Object.values(errorTable).map(({ wire }) => wire)
  expect(new Set(numbers).size).toBe(numbers.length)
})
