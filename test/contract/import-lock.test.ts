// The schema of a lock, imported again, is the same contract: an import reads every keyword that a lock can have.

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { importContract } from '../../src/contract/import/index.ts'
import { lockText } from '../../src/contract/index.ts'
import { defineContract, norm } from '../../src/contract/define/index.ts'
import { readText, toPlain } from '../../src/json/index.ts'
import type { Contract } from '../../src/model/index.ts'
import { keywordsOfKind } from '../../src/tables/lock-keywords.ts'
import { asTheyAre, withAppOnly } from '../define/corpus.ts'

const noLimits = { maxBytes: Infinity, maxDepth: Infinity, maxKeys: Infinity, numbers: 'int64' } as const

/** The contract of the lock's schema as it stands in the lock's text. */
function again({ name, lock }: Contract): Contract {
  const read = readText(lockText(lock), noLimits)
  if (!read.ok) throw new Error(read.code)
  const { schema } = toPlain(read.value) as { schema: unknown }
  return importContract(schema, { name, numbers: lock.numbers, defaults: 'insert' })
}

interface Tree {
  kind: 'tree'
  nodes: (Tree | Leaf)[]
}
interface Leaf {
  kind: 'leaf'
  size: number
}
const leaf: z.ZodType<Leaf> = z.object({ kind: z.literal('leaf'), size: z.number() })
const tree: z.ZodType<Tree> = z.object({
  kind: z.literal('tree'),
  get nodes() {
    return z.array(z.discriminatedUnion('kind', [tree, leaf] as never)) as z.ZodType<(Tree | Leaf)[]>
  },
})

const others: Readonly<Record<string, z.ZodType>> = {
  'patterns of UTF-16 units': z
    .string()
    .regex(/^.{1,3}$/)
    .regex(/^[^a]+$/u)
    .regex(/[^b]$/),
  'two patterns, or null': z.object({
    host: z.hostname().nullable(),
    text: z.string().regex(/x.y/).regex(/a/i).nullable(),
  }),
  'names of keys by UTF-16 units': z.record(z.string().regex(/^.$/), z.null()),
  'the order of branches, where the first one decides the document': z.object({
    text: z.union([z.string(), z.string().trim().toUpperCase(), z.array(z.null())]),
    number: z.union([z.coerce.number(), z.null(), z.array(z.null())]),
    nullFirst: z.coerce.string().nullable(),
    bothWays: z.union([z.coerce.boolean(), z.null()]),
    object: z.union([z.object({ a: z.string() }), z.looseObject({}), z.string()]),
  }),
  'norms of constants': z.object({
    one: norm(z.literal('a'), ['trim']),
    of: norm(z.enum(['a', 'b']), ['trim', 'lower']),
  }),
  bounds: z.tuple([z.number().gt(0).lt(5), z.number().gte(0).lte(5)]),
  URLs: z.array(z.url({ protocol: /^https?$/, hostname: /\.org$/ })),
  'integers of 64 bits': z.object({
    id: z.uint64(),
    at: z.int64().min(-9_007_199_254_740_993n),
    n: z.bigint().multipleOf(3n),
  }),
  'a discriminated union of one option': z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
  'a recursive discriminated union': tree,
  'definitions named like the document': z.object({
    get root() {
      return z.array(others['definitions named like the document'] as z.ZodType)
    },
  }),
  'defaults of members and items': z.object({
    a: z.tuple([z.string(), z.number().default(1)]),
    b: z.object({}).default({}),
  }),
}

describe('the schema of a lock, imported, is the same lock', () => {
  it.each(Object.entries({ ...asTheyAre, ...others }))('%s', (name, schema) => {
    const contract = defineContract({ name: 'any', schema, numbers: name === 'integers of 64 bits' ? 'int64' : 'safe' })
    expect(lockText(again(contract).lock)).toBe(lockText(contract.lock))
  })

  it.each(Object.entries(withAppOnly))('without the code of the app: %s', (_, schema) => {
    const { lock, id, ...contract } = defineContract({ name: 'any', schema, appOnly: 'all' })
    const { appOnly: _appOnly, ...held } = lock
    expect(again({ ...contract, id, lock }).lock).toEqual(held)
  })

  it('with every keyword of the profile', () => {
    const texts = Object.entries({ ...asTheyAre, ...others }).map(([name, schema]) =>
      lockText(
        defineContract({ name: 'any', schema, numbers: name === 'integers of 64 bits' ? 'int64' : 'safe' }).lock,
      ),
    )
    const keywords = new Set(Object.values(keywordsOfKind).flat())
    expect([...keywords].filter((keyword) => !texts.some((text) => text.includes(`"${keyword}":`)))).toEqual([])
  })
})
