// Random schemas of several types under allOf, anyOf and references: an imported schema gives the verdicts of Ajv.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { importContract } from '../../src/contract/import/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { SidelaneError, type Contract } from '../../src/model/index.ts'
import { Random } from '../differential/payloads.ts'

const values = [
  ...[null, true, false, 0, 1, 2, 3, -1, 1.5, '', 'a', 'b', 'ab', 'abc', 'ba'],
  ...[[], [1], ['a'], [1, 'a'], [null, null, null]],
  ...[{}, { a: 1 }, { a: 'a' }, { a: 'ab', b: 2 }, { b: null }, { c: 1 }, { a: 1, c: 'a' }, { a: { a: 1 }, b: 'b' }],
]

function schemaOf(random: Random, depth: number): object | boolean {
  const pick = <T>(list: readonly T[]): T => random.pick(list)
  const some = <T>(list: readonly T[]): T[] => list.filter(() => random.below(2) === 0)
  const inner = (): object | boolean => (depth === 0 ? { type: pick(types) } : schemaOf(random, depth - 1))
  const types = ['string', 'number', 'integer', 'null', 'boolean', 'array', 'object']
  const rules: readonly (() => object)[] = [
    () => ({ minLength: random.below(3) }),
    () => ({ maxLength: random.below(4) }),
    () => ({ pattern: pick(['a', 'b$', '^a']) }),
    () => ({ minimum: random.below(3) }),
    () => ({ exclusiveMaximum: random.below(4) }),
    () => ({ multipleOf: 1 + random.below(2) }),
    () => ({ minItems: random.below(3) }),
    () => ({ items: inner() }),
    () => ({ properties: { a: inner(), b: inner() } }),
    () => ({ required: some(['a', 'b', 'c']) }),
    () => ({ additionalProperties: pick([false, true, inner()]) }),
    () => ({ propertyNames: pick([{ enum: ['a', 'b'] }, { pattern: 'a' }]) }),
  ]
  const forms: readonly (() => object | boolean)[] = [
    () => ({ type: pick(types) }),
    () => ({ type: [...new Set([pick(types), pick(types), 'null'])] }),
    () =>
      Object.assign(
        {},
        ...some(rules)
          .slice(0, 3)
          .map((rule) => rule()),
      ) as object,
    () => ({ type: pick(types), ...pick(rules)() }),
    () => ({ enum: [...new Set([pick([null, true, 1, 'a']), pick([2, 'ab', 'b', 1.5])])] }),
    () => ({ const: pick(['a', 1, null]), enum: ['a', 'b', 1] }),
    () => ({ allOf: [inner(), inner(), ...(random.below(2) === 0 ? [inner()] : [])] }),
    () => ({ ...pick(rules)(), allOf: [inner()], type: [...new Set([pick(types), 'null'])] }),
    () => ({ anyOf: [inner(), inner()] }),
    () => ({ oneOf: [inner(), inner()] }),
    () => ({ $ref: `#/$defs/${pick(['x', 'y'])}`, ...pick(rules)() }),
    () => ({ type: 'object', properties: { a: inner(), c: inner() }, required: some(['a']) }),
  ]
  return pick(forms)()
}

function imported(schema: object): Contract | undefined {
  try {
    return importContract(schema, { name: 'random', compress: { codec: 'none' }, digest: 'none' })
  } catch (error) {
    expect(error).toBeInstanceOf(SidelaneError)
    expect((error as SidelaneError).code).toMatch(/^contract\.(unsupported|invalid)$/)
    return undefined
  }
}

test('an imported schema gives the verdicts of Ajv', () => {
  const ajv = new Ajv2020({ strict: false, logger: false, validateSchema: false, allErrors: false })
  const engine = createEngine('js')
  const wrong: unknown[] = []
  let compared = 0
  for (let seed = 1; seed <= rounds; seed++) {
    const random = new Random(seed)
    const schema = {
      allOf: [schemaOf(random, 2), schemaOf(random, 1)],
      $defs: { x: schemaOf(random, 1), y: { type: ['string', 'integer', 'null'], maxLength: 2, minimum: 1 } },
    }
    const contract = imported(schema)
    if (contract === undefined) continue
    let validate
    try {
      validate = ajv.compile(schema)
    } catch {
      continue
    }
    const compiled = engine.compile(contract)
    for (const value of values) {
      const outcome = compiled.process(Buffer.from(JSON.stringify(value)), false)
      if (outcome.ok !== validate(value))
        wrong.push({ seed, schema: JSON.stringify(schema), value: JSON.stringify(value) })
    }
    compiled.dispose()
    compared++
  }
  expect(wrong.slice(0, 5)).toEqual([])
  expect(compared).toBeGreaterThan(rounds / 10)
})

const rounds = 600
