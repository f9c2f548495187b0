// An app may freeze Object.prototype, or give it properties: neither changes what a payload says.
import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { importContract } from '../../src/contract/import/index.ts'
import { parseLock } from '../../src/contract/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { compileFastPath } from '../../src/engine/js/fast-path.ts'
import type { AcceptedCanonical } from '../../src/model/index.ts'

const restore: (() => void)[] = []
afterEach(() => restore.splice(0).forEach((undo) => undo()))

/** For the rest of one test. */
function alter(key: string, property: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(Object.prototype, key)
  Object.defineProperty(Object.prototype, key, { ...property, configurable: true })
  restore.push(() => {
    if (before === undefined) Reflect.deleteProperty(Object.prototype, key)
    else Object.defineProperty(Object.prototype, key, before)
  })
}

const prototypes: readonly (readonly [string, () => void])[] = [
  ['frozen', () => alter('toString', { value: Object.prototype.toString, writable: false })],
  ['with an accessor', () => alter('toString', { get: () => () => '', set: () => {} })],
]

/** An own member, however the keys of the object below are set. */
const sent = '{"toString":1,"a\\"b":{"toString":2},"A":3}'
const canonical = '{"A":3,"a\\"b":{"toString":2},"toString":1}'

describe.each(prototypes)('Object.prototype %s', (_, harden) => {
  test.each(['safe', 'int64'] as const)('outcome.value() has every member (numbers: %s)', (numbers) => {
    const contract = parseLock(
      JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'n', numbers, schema: { type: 'object' } }),
    )
    const compiled = createEngine('js').compile(contract)
    harden()
    const outcome = compiled.process(Buffer.from(sent), true) as AcceptedCanonical
    expect(Buffer.from(outcome.canonical).toString()).toBe(canonical)
    expect(Object.entries(outcome.value() as object)).toEqual([
      ['A', 3],
      ['a"b', { toString: 2 }],
      ['toString', 1],
    ])
  })

  test.each([true, false])('the fast path keeps every member (generated code: %s)', (generate) => {
    const lock = {
      type: 'object',
      properties: { toString: { type: 'number' }, z: { default: 9 }, o: { type: 'object' } },
      required: ['toString'],
      additionalProperties: false,
    }
    const contract = parseLock(JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'n', schema: lock }))
    harden()
    const fast = compileFastPath(contract.profile, { generate })
    const text = fast(Buffer.from('{"toString":1,"o":{"toString":2,"b":3}}'))
    expect(text).toBe('{"o":{"b":3,"toString":2},"toString":1,"z":9}')
  })

  test('a contract may declare the member', () => {
    const inner = z.object({ toString: z.number() })
    const schema = z.intersection(inner, z.object({ a: z.record(z.enum(['toString']), inner) }))
    const expected = defineContract({ name: 'n', schema }).id
    harden()
    expect(defineContract({ name: 'n', schema }).id).toBe(expected)
  })
})

test.each<[string, () => void]>([
  ['frozen', () => alter('toString', { value: Object.prototype.toString, writable: false })],
  // A descriptor inherits it. zod and vitest fail then, an import does not.
  ['with a function as `get`', () => alter('get', { value: () => {} })],
])('Object.prototype %s: an imported contract may declare the member', (_, harden) => {
  const schema = { type: 'object', properties: { toString: { type: 'number' }, get: {} }, required: ['toString'] }
  const expected = importContract(schema, { name: 'n' }).id
  harden()
  let id: unknown
  try {
    ;({ id } = importContract(schema, { name: 'n' }))
  } finally {
    restore.splice(0).forEach((undo) => undo())
  }
  expect(id).toBe(expected)
})
