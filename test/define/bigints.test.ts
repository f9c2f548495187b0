// Bigints: their lock, and the verdict and the value of zod for the same integer.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createProcessor, defineContract, lockText, parseContract } from 'sidelane'
import { parseLock } from '../../src/contract/index.ts'

const define = <S extends z.ZodType>(schema: S): ReturnType<typeof defineContract<S>> =>
  defineContract({ name: 'b', schema, numbers: 'int64' })

const integers = [
  ...[0n, 1n, -1n, 5n, 6n, 10n, 9007199254740991n, 9007199254740992n, 9007199254740993n, -9007199254740993n],
  ...[-(2n ** 63n), 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
]

const schemas = {
  bigint: z.bigint(),
  int64: z.int64(),
  uint64: z.uint64(),
  'int64 with bounds': z.int64().min(5n).lt(9007199254740993n),
  'exclusive lower bound': z.bigint().gt(9007199254740992n),
  multiples: z.bigint().multipleOf(3n),
  'two steps': z.bigint().multipleOf(4n).multipleOf(6n),
  positive: z.bigint().positive(),
  nullable: z.int64().nullable(),
}

describe.each(Object.entries(schemas))('%s', (_, schema) => {
  it.each(['js', 'native'] as const)('has the verdict and the value of zod (%s)', async (engine) => {
    await using processor = await createProcessor(define(schema), { engine, canonical: true })
    for (const integer of integers) {
      const outcome = await processor.process(String(integer))
      const parsed = schema.safeParse(integer)
      expect(outcome.ok, String(integer)).toBe(parsed.success)
      if (outcome.ok) {
        expect(outcome.value()).toBe(parsed.data)
        expect(Buffer.from(outcome.canonical).toString()).toBe(String(integer))
      }
    }
  })
})

describe('the value of an accepted payload', () => {
  it.each(['inline', 'pool'] as const)('has a bigint by node (%s)', async (placement) => {
    const item = z.union([z.string(), z.int64().min(10n), z.int()])
    const schema = z.looseObject({ id: z.int64(), n: z.number(), items: z.array(item) })
    await using processor = await createProcessor(define(schema), { placement, threads: 1, canonical: true })
    const outcome = await processor.process(
      '{"id":1,"n":9007199254740993,"items":["a",5,50],"any":9007199254740993,"small":2}',
    )
    expect(outcome.ok && outcome.value()).toStrictEqual({
      id: 1n,
      n: 9007199254740992,
      items: ['a', 5, 50n],
      any: 9007199254740993n,
      small: 2,
    })
  })
})

describe('the lock of a contract with bigints', () => {
  it('keeps all digits as text, in memory and through a file', () => {
    const contract = define(z.strictObject({ id: z.uint64() }))
    expect(contract.lock.schema).toMatchObject({
      properties: { id: { type: 'integer', 'x-value': 'bigint', minimum: 0, maximum: 18446744073709551615n } },
    })
    expect(lockText(contract.lock, 2)).toContain('"maximum": 18446744073709551615')
    expect(parseLock(lockText(contract.lock, 2)).id).toBe(contract.id)
    expect(parseContract(contract.lock).id).toBe(contract.id)
  })

  it('needs numbers: int64, and the refusal names it', () => {
    expect(() => defineContract({ name: 'b', schema: z.strictObject({ id: z.int64() }) })).toThrow(
      /id: .*numbers: 'int64'/,
    )
  })
})
