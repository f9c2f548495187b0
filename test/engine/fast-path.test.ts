// The paths of the JS engine against each other: generated code, closures and the slow path have the same result for
// random contracts and payloads. The results of the fast path are counted, so that one that never accepts is detected.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Contract } from '../../src/model/index.ts'
import { compileSlowPath } from '../../src/engine/js/slow-path.ts'
import { compileFastPath } from '../../src/engine/js/fast-path.ts'
import { mayEscapeKey } from '../../src/json/index.ts'
import { mutateBytes, payloadText, Random } from '../differential/payloads.ts'
import { rootSchema } from '../differential/schemas.ts'
import { contractOf } from '../support/locks.ts'
import { runs, seed } from '../support/seed.ts'

const schemas = runs(150)

const many = Array.from({ length: 40 }, (_, i) => `m${i}`)

/** All paths of one contract. */
function pathsOf(contract: Contract) {
  const slowPath = compileSlowPath(contract.profile)
  return {
    generated: compileFastPath(contract.profile, { generate: true }),
    closures: compileFastPath(contract.profile, { generate: false }),
    slow: (payload: Uint8Array): string | undefined => {
      const outcome = slowPath(payload)
      return outcome.ok ? outcome.text : undefined
    },
  }
}

describe('the fast path', () => {
  test(`agrees with the slow path on generated payloads (SIDELANE_SEED=${seed})`, { timeout: 120_000 }, () => {
    let accepted = 0
    let answered = 0
    fc.assert(
      fc.property(rootSchema, fc.integer(), fc.constantFrom('safe', 'double'), (schema, caseSeed, numbers) => {
        const { generated, closures, slow } = pathsOf(contractOf(schema, { numbers, limits: { maxKeys: 12 } }))
        const random = new Random(caseSeed)
        for (let i = 0; i < 40; i++) {
          const bytes = Buffer.from(payloadText(schema, random))
          const payload = random.chance(0.15) ? mutateBytes(bytes, random) : bytes
          const text = slow(payload)
          const fast = generated(payload)
          const where = `${JSON.stringify(schema)}\n${Buffer.from(payload).toString('latin1')}`
          expect(closures(payload), where).toBe(fast)
          if (fast !== undefined) expect(fast, where).toBe(text)
          // The fast path leaves keys with escapes to the slow one.
          if (text === undefined || mayEscapeKey(text)) continue
          accepted++
          if (fast !== undefined) answered++
        }
      }),
      { seed, numRuns: schemas },
    )
    expect(accepted).toBeGreaterThan(500)
    expect(answered).toBeGreaterThan(0.95 * accepted)
  })

  test.each<[name: string, schema: unknown, payload: string]>([
    [
      'members named like inherited ones',
      named(['constructor', 'toString', 'valueOf'], []),
      '{"valueOf":1,"toString":2}',
    ],
    ['absent members named like inherited ones', named(['constructor', 'hasOwnProperty'], []), '{}'],
    ['members in any order', named(['a', 'b', 'c'], ['a']), '{"c":1,"a":2}'],
    ['declared members that look like array indices', named(['10', '9', 'a'], []), '{"a":1,"9":2,"10":3}'],
    [
      'further members between declared ones',
      { ...named(['b', 'd'], []), additionalProperties: {} },
      '{"d":1,"c":2,"b":3}',
    ],
    ['a record of integer-like keys', { type: 'object', additionalProperties: {} }, '{"b":{"2":1,"10":2},"a":1}'],
    ['a branch behind one that fails late', { anyOf: [named(['a', 'b'], ['a', 'b']), {}] }, '{"a":1,"b":"x"}'],
    ['few of many declared members', { ...named(many, []), additionalProperties: false }, '{"m9":1,"m1":2}'],
    [
      'most of many declared members',
      named(many, []),
      `{${many
        .slice(3)
        .map((name) => `"${name}":1`)
        .join(',')}}`,
    ],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }], items: { const: null } }, '["a",null,null]'],
    ['an empty object against a closed one', named([], []), '{}'],
    ['escapes and text beyond ASCII', {}, '{"\\u00e9\\n":"\\ud83d\\ude00 漢"}'],
  ])('accepts %s', (_, schema, payload) => {
    const { generated, closures, slow } = pathsOf(contractOf(schema))
    const bytes = Buffer.from(payload)
    expect(generated(bytes)).toBeDefined()
    expect(generated(bytes)).toBe(slow(bytes))
    expect(closures(bytes)).toBe(slow(bytes))
  })

  test.each<[name: string, schema: unknown, payload: string]>([
    ['an inherited name where a member is required', named(['toString'], ['toString']), '{}'],
    ['an array where an object is expected', named([], []), '[]'],
    ['a member that is not declared', named(['a'], []), '{"b":1}'],
    ['a duplicate in a branch that does not match', { anyOf: [named(['a'], ['a']), {}] }, '{"a":"x","a":"y"}'],
    ['a duplicate hidden by the last one', named(['a'], []), '{"a":"x","a":1}'],
    ['a lone surrogate that is a key', {}, '{"\\ud800":1}'],
  ])('leaves %s to the slow path', (_, schema, payload) => {
    const { generated, closures } = pathsOf(contractOf(schema))
    expect(generated(Buffer.from(payload))).toBeUndefined()
    expect(closures(Buffer.from(payload))).toBeUndefined()
  })

  test('compiles deeply nested open objects once each', () => {
    let schema: unknown = {}
    for (let i = 0; i < 50; i++) schema = { type: 'object', properties: { a: schema } }
    const { generated, closures } = pathsOf(contractOf(schema))
    const payload = Buffer.from(`${'{"b":0,"a":'.repeat(40)}{}${'}'.repeat(40)}`)
    expect(generated(payload)).toBe(`${'{"a":'.repeat(40)}{}${',"b":0}'.repeat(40)}`)
    expect(closures(payload)).toBe(generated(payload))
  })

  test('never reads a member from an extended prototype', () => {
    const { generated, closures, slow } = pathsOf(contractOf(named(['later'], [])))
    Object.defineProperty(Object.prototype, 'later', { value: 7, configurable: true, enumerable: false })
    try {
      for (const path of [generated, closures]) {
        expect([undefined, '{}']).toContain(path(Buffer.from('{}')))
        expect(path(Buffer.from('{"other":1}'))).toBeUndefined()
      }
      expect(slow(Buffer.from('{}'))).toBe('{}')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'later')
    }
  })
})

/** A closed object whose members are numbers. */
function named(names: readonly string[], required: readonly string[]) {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'number' }]))
  return { type: 'object', properties, required, additionalProperties: false }
}
