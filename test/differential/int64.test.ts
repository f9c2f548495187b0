// `numbers: 'int64'`: the two engines against each other and against an oracle of exact arithmetic, on random limits and
// numbers of up to 21 digits.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLock } from '../../src/contract/index.ts'
import { compileValueReader } from '../../src/engine/index.ts'
import { nativeCalls } from '../../src/engine/native/index.ts'
import type { AcceptedCanonical, Outcome } from '../../src/model/index.ts'
import { needEngine } from '../support/need.ts'
import { runs, seed } from '../support/seed.ts'
import { canonicalNumber, readExact } from './exact-numbers.ts'
import { branchFor, numberSchemas, numberTexts, schemaText, valueAt, type NumberSchema } from './number-schemas.ts'
import { pairSchemas, pairTexts } from './wide-key-schemas.ts'

const schemas = runs(300, 100)

const fields =
  '"profile":"p1","unicode":"15.0","name":"n","numbers":"int64","compress":{"codec":"none"},"digest":"none"'
const cases = numberSchemas.chain((schema) =>
  fc.tuple(fc.constant(schema), fc.array(numberTexts(schema), { minLength: 25, maxLength: 25 }), fc.boolean()),
)

test(`both engines read integers of 64 bits exactly (SIDELANE_SEED=${seed})`, { timeout: 600_000 }, (context) => {
  const js = needEngine('js', context)
  const native = needEngine('native', context)
  const counts = { accepted: 0, rejected: 0, unsafe: 0 }
  const calls = nativeCalls()
  fc.assert(
    fc.property(cases, ([schema, texts, isMember]) => {
      const root = isMember ? { type: 'object', properties: { n: schema }, required: ['n'] } : schema
      const contract = parseLock(`{${fields},"schema":${schemaText(root)}}`)
      const [a, b] = [js.compile(contract), native.compile(contract)]
      const read = compileValueReader(contract.profile)
      for (const text of texts) {
        const payload = Buffer.from(isMember ? `{"n":${text}}` : text)
        const where = `${text} at ${schemaText(schema)}`
        const outcome = a.process(payload, true)
        expect(shown(b.process(payload, true)), where).toEqual(shown(outcome))
        const { kind, canonical, value } = expected(schema, text)
        counts[kind]++
        if (!outcome.ok) {
          expect(outcome.code, where).toBe(kind === 'unsafe' ? 'number.unsafe_integer' : 'validate.failed')
          expect(kind, where).not.toBe('accepted')
          continue
        }
        expect(kind, where).toBe('accepted')
        const bytes = (outcome as AcceptedCanonical).canonical
        expect(Buffer.from(bytes).toString(), where).toBe(isMember ? `{"n":${canonical}}` : canonical)
        expect(read?.(bytes), where).toStrictEqual(isMember ? { n: value } : value)
      }
      a.dispose()
      b.dispose()
    }),
    { seed, numRuns: schemas },
  )
  const compared = counts.accepted + counts.rejected + counts.unsafe
  expect(nativeCalls() - calls).toBe(compared)
  for (const [kind, count] of Object.entries(counts)) expect(count, kind).toBeGreaterThan(compared / 20)
})

test(`both engines undo the edits of branches that integers tell apart (SIDELANE_SEED=${seed})`, (context) => {
  const js = needEngine('js', context)
  const native = needEngine('native', context)
  const counts = { accepted: 0, rejected: 0 }
  fc.assert(
    fc.property(pairSchemas, fc.array(pairTexts, { minLength: 25, maxLength: 25 }), (schema, texts) => {
      const contract = parseLock(`{${fields},"schema":${schemaText(schema)}}`)
      const [a, b] = [js.compile(contract), native.compile(contract)]
      for (const text of texts) {
        const outcome = a.process(Buffer.from(text), true)
        counts[outcome.ok ? 'accepted' : 'rejected']++
        expect(shown(b.process(Buffer.from(text), true)), `${text} at ${schemaText(schema)}`).toEqual(shown(outcome))
      }
      a.dispose()
      b.dispose()
    }),
    { seed, numRuns: schemas },
  )
  for (const [kind, count] of Object.entries(counts)) expect(count, kind).toBeGreaterThan(schemas)
})

function expected(
  schema: NumberSchema,
  text: string,
): { kind: 'accepted' | 'rejected' | 'unsafe'; canonical?: string; value?: number | bigint } {
  const number = readExact(text)
  if (number === undefined) return { kind: 'unsafe' }
  const branch = branchFor(schema, number)
  if (branch === undefined) return { kind: 'rejected' }
  return { kind: 'accepted', canonical: canonicalNumber(number), value: valueAt(branch, number) }
}

const shown = (outcome: Outcome): unknown =>
  outcome.ok ? Buffer.from((outcome as AcceptedCanonical).canonical).toString() : outcome
