// Properties of a draft: it accepts every sample it was inferred from, and its source defines its contract.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { createJiti } from 'jiti'
import { expect, test } from 'vitest'
import { namedSets } from '../../bench/payloads/sets.ts'
import { type Contract } from '../../src/model/index.ts'
import { lockText, parseLock } from '../../src/contract/index.ts'
import { createEngine } from '../../src/engine/index.ts'
import { inferContract } from '../../src/infer/index.ts'
import { needSuite } from '../support/need.ts'

const text = (value: unknown): string => JSON.stringify(value)

/** The first sample that the contract rejects, with its issues. */
function refused(contract: Contract, samples: readonly (string | Uint8Array)[]): unknown {
  const bare = parseLock(lockText({ ...contract.lock, compress: { codec: 'none' }, digest: 'none' }))
  const compiled = createEngine('js').compile(bare)
  for (const sample of samples) {
    const outcome = compiled.process(typeof sample === 'string' ? Buffer.from(sample) : sample, false)
    if (!outcome.ok) return { outcome, sample: String(sample).slice(0, 300) }
  }
  return undefined
}

async function run(source: string): Promise<Contract> {
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    alias: { sidelane: join(import.meta.dirname, '../../src/index.ts') },
  })
  const module = await jiti.evalModule(source, { filename: join(import.meta.dirname, 'draft.ts'), async: true })
  return Object.values(module as Record<string, Contract>).find((value) => 'lock' in value) as Contract
}

const word = fc.constantFrom('card', 'sepa', 'EUR', '', ' x ', 'a b', '2024-05-06', 'é', "it's", '*/ //', '\u2028')
const key = fc.oneof(
  fc.constantFrom('id', 'type', 'kind', 'constructor', 'toString', 'a-b', '12', '345', "it's", ''),
  fc.string({ unit: 'binary', maxLength: 4 }).filter((name) => name !== '__proto__' && name.isWellFormed()),
)
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    word,
    fc.uuid(),
    fc.emailAddress(),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.oneof(fc.ipV4(), fc.ipV6()),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
  ),
}))

test('a draft from any JSON accepts it', () => {
  fc.assert(
    fc.property(fc.array(tree, { minLength: 1, maxLength: 8 }), (values) => {
      const samples = values.map(text)
      expect(refused(inferContract(samples, { name: 'any' }).contract, samples)).toBeUndefined()
    }),
    { numRuns: 400 },
  )
})

test('a draft from discriminated objects accepts them', () => {
  const object = fc
    .record({
      type: fc.constantFrom('a', 'b', 'c'),
      inner: fc.record({ kind: fc.constantFrom('x', 'y') }),
      list: fc.array(fc.record({ kind: fc.constantFrom('x', 'y'), note: fc.option(fc.string()) }), { maxLength: 3 }),
      maybe: fc.option(fc.nat(9), { nil: undefined }),
    })
    .map(({ type, inner, list, maybe }) => ({
      type,
      maybe,
      [`only_${type}`]: type === 'a' ? 1 : 'text',
      inner: { ...inner, [inner.kind]: inner.kind === 'x' ? [1] : null },
      list: list.map((item) => ({ ...item, ...(item.kind === 'x' ? { more: true } : {}) })),
    }))
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 60 }), (values) => {
      const samples = values.map(text)
      expect(refused(inferContract(samples, { name: 'tagged' }).contract, samples)).toBeUndefined()
    }),
    { numRuns: 60 },
  )
})

test('the source defines the same contract', async () => {
  const cases = fc.sample(fc.array(tree, { minLength: 1, maxLength: 6 }), { numRuns: 25, seed: 5 })
  for (const values of [...cases, [{ n: 2 ** 60, deep: JSON.parse('['.repeat(70) + ']'.repeat(70)) as unknown }]]) {
    const { source, contract } = inferContract(values.map(text), { name: 'any-name', typescript: true })
    expect((await run(source)).id).toBe(contract.id)
  }
}, 60_000)

const comment = (depth: number): unknown => ({
  author: { login: 'x', id: depth, admin: false, url: 'https://a.example/x' },
  text: 'y',
  replies: depth === 0 ? [] : [comment(depth - 1), comment(0)],
})

test.for(['strip', 'strict', 'loose'] as const)(
  'the source of shared and recursive shapes defines the same contract, %s',
  async (objects) => {
    const { source, contract } = inferContract([comment(3), comment(1)].map(text), { name: 'comment', objects })
    expect(source).toContain('get replies() {')
    expect(lockText((await run(source)).lock)).toBe(lockText(contract.lock))
  },
)

test('the source of a draft from real samples defines the same contract', async (context) => {
  const folder = needSuite('real', context)
  for (const domain of readdirSync(folder)) {
    const samples = readFileSync(join(folder, domain, 'samples.ndjson'), 'utf8')
      .trim()
      .split('\n')
    const { source, contract } = inferContract(samples, { name: domain })
    expect(lockText((await run(source)).lock), domain).toBe(lockText(contract.lock))
    expect(refused(contract, samples), domain).toBeUndefined()
    expect(inferContract(samples.toReversed(), { name: domain }).source === source, domain).toBe(true)
  }
}, 120_000)

test.for(['orders', 'handmade', 'clicks-256b', 'orders-cjk'])('a draft from the set "%s" accepts it', (name) => {
  const { payloads = [] } = namedSets(3)[name]?.() ?? {}
  expect(payloads.length).toBeGreaterThan(10)
  expect(refused(inferContract(payloads, { name: 'made' }).contract, payloads)).toBeUndefined()
})

type Take = (value: never) => unknown
test.for<readonly [file: string, take: Take]>([
  ['github_events.json', (value: unknown[]) => value],
  ['twitter.json', ({ statuses }: { statuses: unknown[] }) => statuses],
  ['twitterescaped.json', (value: unknown) => [value]],
  ['citm_catalog.json', (value: unknown) => [value]],
  ['canada.json', (value: unknown) => [value]],
  ['gsoc-2018.json', (value: unknown) => [value]],
  ['instruments.json', (value: unknown) => [value]],
  ['random.json', (value: unknown) => [value]],
  ['numbers.json', (value: unknown) => [value]],
])('a draft from %s accepts it', ([file, take], context) => {
  const read: unknown = JSON.parse(readFileSync(join(needSuite('payloads', context), file), 'utf8'))
  const samples = (take(read as never) as unknown[]).map(text)
  expect(refused(inferContract(samples, { name: 'real' }).contract, samples)).toBeUndefined()
})

test('a draft from rows of a shop accepts them', (context) => {
  const rows = readFileSync(join(needSuite('payloads', context), 'amazon_cellphones.ndjson'), 'utf8')
    .trim()
    .split('\n')
  expect(refused(inferContract(rows, { name: 'rows' }).contract, rows)).toBeUndefined()
})
