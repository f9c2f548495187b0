// outcome.value() of contracts with bigints: the branch of each union is found once for each value.

import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { contractOf } from '../support/locks.ts'
import { defineContract } from '../../src/contract/define/index.ts'
import { compileValueReader } from '../../src/engine/index.ts'
import { VerdictMemory } from '../../src/engine/js/verdict-memory.ts'

const readerOf = (schema: z.ZodType): ((text: string) => unknown) => {
  const read = compileValueReader(defineContract({ name: 'tree', schema, numbers: 'int64' }).profile)
  if (read === undefined) throw new Error('JSON.parse reads the same values')
  return (text) => read(Buffer.from(text))
}

/** Only `z`, behind all that is nested, tells the branches apart. */
const next = z.union([z.lazy(() => wide), z.lazy(() => narrow), z.null()])
const wide: z.ZodType = z.object({ n: next, z: z.int64() })
const narrow: z.ZodType = z.object({ n: next, z: z.union([z.int(), z.string()]) })
const flat = z.object({ items: z.array(z.union([wide, narrow])) })

const chain = (depth: number, end: string): string =>
  `${'{"n":'.repeat(depth)}null${Array.from({ length: depth }, (_, i) => `,"z":${i === 0 ? end : '"x"'}}`).join('')}`

afterEach(() => void vi.restoreAllMocks())

/** How many lists and objects are validated while the text is read. */
function validated(read: (text: string) => unknown, text: string): number {
  const remember = vi.spyOn(VerdictMemory.prototype, 'remember')
  read(text)
  const { length } = remember.mock.calls
  vi.restoreAllMocks()
  return length
}

describe('nested unions', () => {
  it('are read by the branch that accepts them', () => {
    expect(readerOf(next)('{"n":{"n":null,"z":7},"z":"x"}')).toEqual({ n: { n: null, z: 7n }, z: 'x' })
    expect(readerOf(next)('{"n":{"n":null,"z":"7"},"z":7}')).toEqual({ n: { n: null, z: '7' }, z: 7n })
  })

  it('cost as many steps as there are values, however deep they are', () => {
    const read = readerOf(next)
    const [once, twice] = [15, 30].map((depth) => validated(read, chain(depth, '"x"'))) as [number, number]
    expect(once).toBeGreaterThanOrEqual(15)
    expect(twice).toBeLessThanOrEqual(2 * once + 2)
  })

  it('nothing is kept for the next document', () => {
    const read = readerOf(flat)
    const text = `{"items":[${chain(3, '1')},${chain(3, '"x"')}]}`
    const first = validated(read, text)
    expect(first).toBeGreaterThan(0)
    expect(validated(read, text)).toBe(first)
  })
})

it('the branch of a discriminator is looked up by its value', () => {
  const branches = Array.from({ length: 20 }, (_, number) => ({
    type: 'object',
    properties: {
      k: { enum: [number, `k${number}`] },
      n: { type: 'integer', ...(number % 2 && { 'x-value': 'bigint' }) },
    },
    required: ['k', 'n'],
  }))
  const contract = contractOf(
    { type: 'array', items: { oneOf: branches, 'x-discriminator': 'k' } },
    { numbers: 'int64' },
  )
  const read = compileValueReader(contract.profile)
  const looks = vi.spyOn(Array.prototype, 'includes')
  const find = vi.spyOn(Array.prototype, 'find')
  const value = read?.(Buffer.from('[{"k":"k18","n":1},{"k":19,"n":1},{"k":18,"n":1}]'))
  const searches = looks.mock.calls.length + find.mock.calls.length
  vi.restoreAllMocks()
  expect(value).toEqual([
    { k: 'k18', n: 1 },
    { k: 19, n: 1n },
    { k: 18, n: 1 },
  ])
  expect(searches).toBe(0)
})

it('a default that is no integer stays as it is', () => {
  const schema = z.object({ a: z.int64().default(1.5 as never), b: z.int64() })
  expect(readerOf(schema)('{"a":1.5,"b":1}')).toEqual({ a: 1.5, b: 1n })
})
