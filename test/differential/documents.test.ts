// What a contract writes, it can read: the documents of random contracts with small limits, in both engines, and what
// becomes of them when they are processed again.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SidelaneError, type Contract, type Outcome } from '../../src/model/index.ts'
import { normalizeString } from '../../src/engine/js/normalize-string.ts'
import { canonicalText, comparable, contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { runs, seed } from '../support/seed.ts'
import { payloadText, Random } from './payloads.ts'
import { rootSchema, type Schema } from './schemas.ts'

const schemas = runs(500, 150)
const payloadsPerSchema = 40

/** undefined: a default is beyond the limits. */
function contractWithin(schema: Schema, limits: object): Contract | undefined {
  try {
    return contractOf(schema, { limits, compress: { codec: 'none' } })
  } catch (error) {
    if (error instanceof SidelaneError && error.pointer?.includes('/default') === true) return undefined
    throw error
  }
}

const limitsOf = fc.record({
  maxBytes: fc.integer({ min: 20, max: 400 }),
  maxDepth: fc.integer({ min: 3, max: 6 }),
  maxKeys: fc.integer({ min: 1, max: 4 }),
})

const codeOf = (outcome: Outcome): string => (outcome.ok ? 'accepted' : outcome.code)

test(`documents are within the limits of their contract (SIDELANE_SEED=${seed})`, { timeout: 300_000 }, (context) => {
  const engines = [needEngine('js', context), needEngine('native', context)] as const
  const grown: { schema: Schema; payload: Uint8Array; canonicalBytes: number }[] = []
  let accepted = 0
  fc.assert(
    fc.property(rootSchema, limitsOf, fc.integer(), (schema, limits, caseSeed) => {
      const contract = contractWithin(schema, limits)
      if (contract === undefined) return
      const [js, native] = engines.map((engine) => engine.compile(contract)) as [Compiled, Compiled]
      const wide = engines[0].compile(contractOf(schema, { limits: { maxDepth: 120 } }))
      const random = new Random(caseSeed)
      const readable = !/"default"|"x-url"/.test(JSON.stringify(schema))
      for (let i = 0; i < payloadsPerSchema; i++) {
        const payload = Buffer.from(payloadText(schema, random))
        const outcome = js.process(payload, false)
        const where = `schema ${JSON.stringify(schema)}\nlimits ${JSON.stringify(limits)}\npayload ${payload.toString()}`
        expect(comparable(native.process(payload, false)), where).toEqual(comparable(outcome))
        if (outcome.ok) {
          accepted++
          const again = codeOf(js.process(Buffer.from(canonicalText(outcome)), false))
          expect(readable ? ['accepted'] : ['accepted', 'validate.failed'], where).toContain(again)
        }
        const free = wide.process(payload, false)
        if (!free.ok || free.canonicalBytes <= payload.length || grown.length >= 100) continue
        grown.push({ schema, payload, canonicalBytes: free.canonicalBytes })
      }
      for (const compiled of [js, native, wide]) compiled.dispose()
    }),
    { seed, numRuns: schemas },
  )
  expect(accepted).toBeGreaterThan(schemas)
  // Documents that are larger than their payloads, at the limit and beyond.
  expect(grown.length).toBeGreaterThan(5)
  for (const { schema, payload, canonicalBytes } of grown) {
    for (const [maxBytes, code] of [
      [canonicalBytes, 'accepted'],
      [canonicalBytes - 1, 'limit.bytes'],
    ] as const) {
      const contract = contractWithin(schema, { maxBytes, maxDepth: 120 })
      for (const engine of contract === undefined ? [] : engines) {
        const compiled = engine.compile(contract as Contract)
        const where = `schema ${JSON.stringify(schema)}\npayload ${Buffer.from(payload).toString()}`
        expect(codeOf(compiled.process(payload, false)), where).toBe(code)
        compiled.dispose()
      }
    }
  }
})

type Compiled = ReturnType<ReturnType<typeof needEngine>['compile']>

const range = (length: number): number[] => Array.from({ length }, (_, i) => i)
const manyMembers = {
  type: 'object',
  properties: Object.fromEntries(range(1000).map((i) => [`p${i}`, { default: 0 }])),
}

test.for<[name: string, items: Schema, item: string]>([
  ['a long default', { type: 'object', properties: { a: { default: 'x'.repeat(65_536) } } }, '{}'],
  ['a long name', { type: 'object', properties: { ['x'.repeat(65_536)]: { default: 0 } } }, '{}'],
  ['many members', manyMembers, '{}'],
  ['many items', { type: 'array', prefixItems: range(1000).map((i) => ({ default: i })) }, '[]'],
  [
    'many members in a branch',
    {
      anyOf: [
        { ...manyMembers, required: [] },
        { type: 'object', required: [] },
      ],
    },
    '{}',
  ],
])('1 MiB that defaults would multiply a thousandfold: %s', ([, items, item], context) => {
  const payload = Buffer.from(`[${`${item},`.repeat(340_000)}${item}]`)
  for (const kind of ['js', 'native'] as const) {
    const compiled = needEngine(kind, context).compile(contractOf({ type: 'array', items }))
    expect(codeOf(compiled.process(payload, false)), kind).toBe('limit.bytes')
    compiled.dispose()
  }
})

const marks = ['\u0301', '\u0307', '\u0345', '\u0323', '\u0331', '\u1161', '\u11a8', ' ', '\t', '\u2000', '\u00a0']
const letters = ['i', '\u0130', 'ß', 'ŉ', 'ΐ', 'Σ', 'ᾳ', 'Å', '\u212b', '\u1100', '\u{1d15f}', '\u0958', 'ﬁ', 'ǆ']
const normOps = ['lower', 'upper', 'nfc', 'collapse', 'trim'] as const

test('a normalized text stays as it is when it is normalized again', () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...letters, ...marks), fc.string({ unit: 'binary', maxLength: 1 })))
    .map((parts) => parts.join(''))
  const ops = fc.subarray([...normOps]).filter((list) => !(list.includes('lower') && list.includes('upper')))
  fc.assert(
    fc.property(text, ops, (given, list) => {
      const once = normalizeString(given, list)
      expect(normalizeString(once, list)).toBe(once)
    }),
    { numRuns: 3000 },
  )
})
