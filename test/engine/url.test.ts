// x-url against the tests of the URL standard (SIDELANE_SUITES/url): the entries without a base.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compileUrl } from '../../src/engine/js/url.ts'

interface Entry {
  readonly input: string
  readonly base: string | null
  readonly failure?: boolean
}

const file = `${process.env['SIDELANE_SUITES'] ?? ''}/url/urltestdata.json`

/**
 * Hosts that the frozen rule reads otherwise than the standard, whose mapping depends on a version of Unicode: it maps
 * compatibility characters, ignores soft hyphens (whose host is then empty) and refuses noncharacters.
 */
const frozen: ReadonlySet<string> = new Set([
  'file://%C2%AD/p',
  'file://\u00ad/p',
  'https://%C2%AD/',
  'https://\u00ad/',
  'https://\uffffy',
])

test.skipIf(!existsSync(file))('the URL standard decides, but for hosts under the frozen rule', () => {
  const entries = (JSON.parse(readFileSync(file, 'utf8')) as (Entry | string)[]).filter(
    (entry): entry is Entry => typeof entry === 'object' && entry.base === null,
  )
  expect(entries.length).toBeGreaterThan(400)
  const check = compileUrl({})
  const different = entries.filter(({ input, failure = false }) => (check(input) === undefined) !== failure)
  expect(new Set(different.map(({ input }) => input))).toEqual(frozen)
})
