// Compares the frozen patterns with zod's own checks: mutated valid values get the same verdict from both.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { frozenPatterns } from '../../src/contract/define/frozen-patterns.ts'
import { zodPatterns } from '../../src/contract/define/zod-patterns.ts'
import { parsePattern } from '../../src/pattern/index.ts'

interface Format {
  readonly schema: z.ZodType
  readonly seeds: readonly string[]
  readonly alphabet: string
  /** True for values whose verdict differs from zod by design. */
  readonly differs?: (value: string) => boolean
}

const addresses = [
  '::',
  '::1',
  '1::',
  '2001:db8::8a2e:370:7334',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:1.2.3.4',
  '::ffff:192.168.0.255',
  '1::2:3:4:5:6:7',
  '1:2:3:4:5:6:7::',
  '::2:3:4:5:6:7:8',
  '1:2:3::4:1.2.3.4',
  '1:2:3:4:5::1.2.3.4',
  'fe80::',
  '::1.2.3.4',
  'ABCD:EF01:2345::6789',
]

const longLabel = 'a'.repeat(63)
const longName = `${longLabel}.${longLabel}.${longLabel}.${'b'.repeat(61)}`

const formats: Readonly<Record<string, Format>> = {
  ipv6: { schema: z.ipv6(), seeds: addresses, alphabet: '0125aF:.g' },
  cidrv6: {
    schema: z.cidrv6(),
    seeds: addresses.flatMap((address, i) => [`${address}/${[0, 9, 64, 100, 128, 129][i % 6]}`]),
    alphabet: '012689aF:./',
    // zod reads the prefix length with Number(): "1.5" and "1e-7" pass there.
    differs: (value) => /\/[0-9]*[.e]/.test(value),
  },
  duration: {
    schema: z.iso.duration(),
    seeds: ['P1Y', 'P1Y2M3DT4H5M6S', 'PT1H', 'P3W', 'PT0.5S', 'P1DT12,5S', 'P2M3D', 'PT5M', 'P1YT1S', 'PT1H30S'],
    alphabet: 'PYMWDTHS0159.,',
  },
  hostname: {
    schema: z.hostname(),
    seeds: ['a', 'example.com', 'a-b.c-d.', 'x1.y2.z3', longName, `${longName}.`, `${longLabel}.com`],
    alphabet: 'aZ09-._',
  },
  base64: {
    schema: z.base64(),
    seeds: ['', 'AAAA', 'AA==', 'AAA=', 'ab+/', 'abcdEFGH', 'abcdEFG=', 'abcdEF=='],
    alphabet: 'Aa0+/=-_ \n',
  },
  base64url: { schema: z.base64url(), seeds: ['', 'AA', 'AAA', 'AAAA', 'ab-_', 'abcdEFGHi9'], alphabet: 'Aa0-_+/=' },
}

const mutated = ({ seeds, alphabet }: Format): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(
        fc.record({
          at: fc.nat(300),
          cut: fc.nat(2),
          put: fc.string({ unit: fc.constantFrom(...alphabet.split('')), maxLength: 2 }),
        }),
        { maxLength: 3 },
      ),
    )
    .map(([seed, edits]) =>
      edits.reduce((text, { at, cut, put }) => {
        const from = at % (text.length + 1)
        return text.slice(0, from) + put + text.slice(from + cut)
      }, seed),
    )

describe.each(Object.entries(formats))('the frozen pattern of %s', (name, format) => {
  const patterns = frozenPatterns[name] ?? []
  const ours = (value: string): boolean => patterns.every((pattern) => new RegExp(pattern, 'u').test(value))

  it('is valid in the grammar of p1', () => {
    for (const pattern of patterns) parsePattern(pattern)
    expect(patterns.length).toBeGreaterThan(0)
  })

  it('has the verdict of the check in zod on mutated values', () => {
    const verdicts = { true: 0, false: 0 }
    fc.assert(
      fc.property(mutated(format), (value) => {
        if (format.differs?.(value) === true) return
        const expected = format.schema.safeParse(value).success
        verdicts[`${expected}`]++
        expect(ours(value), JSON.stringify(value)).toBe(expected)
      }),
      { numRuns: 3000 },
    )
    expect(verdicts.true).toBeGreaterThan(100)
    expect(verdicts.false).toBeGreaterThan(100)
  })
})

it('rejects prefix lengths with a fraction or an exponent, which zod accepts', () => {
  const [pattern = ''] = frozenPatterns['cidrv6'] ?? []
  for (const value of ['::/1.5', '::/1e-7']) {
    expect(z.cidrv6().safeParse(value).success).toBe(true)
    expect(new RegExp(pattern).test(value)).toBe(false)
  }
})

it.each(Object.entries(zodPatterns))('recognizes the pattern of zod: %s', (name, source) => {
  expect(source).toBe((z.regexes as unknown as Record<string, RegExp>)[name]?.source)
})
