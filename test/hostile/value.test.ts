// Values that cost more than they hold: what is written is bounded by maxBytes, in every placement alike, and each part of a
// value is read once.
import { execFileSync } from 'node:child_process'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createProcessor, type CreateOptions, type Processor } from 'sidelane'
import { canonicalText, contractOf } from '../support/locks.ts'
import { engineKinds, needEngine } from '../support/need.ts'
import { daemonWith } from '../placements/sidecar-kit.ts'

const limits = { maxBytes: 100_000 }
const contract = contractOf({}, { name: 'any', limits })
const wide = contractOf({}, { name: 'wide', numbers: 'int64', limits })

/** Each level refers to the one below twice: 2^levels leaves. */
function doubled(leaf: unknown, levels: number): unknown {
  let value = leaf
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value, value] : { a: value, b: value }
  return value
}

const endless = (): unknown => ({
  get next() {
    return endless()
  },
})

const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`)
const bottomless = new Proxy(
  {},
  {
    get: (_, key) => (key === 'toJSON' ? undefined : 1),
    ownKeys: () => keys(1e5),
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
  },
)
const giant = 'x'.repeat(2 ** 27)
const leftOut = Object.fromEntries(keys(1000).map((key) => [key, undefined]))

const values: readonly (readonly [what: string, make: () => unknown, code: string])[] = [
  ['lists that share their items', () => doubled(1, 50), 'limit.bytes'],
  ['lists that share empty lists', () => doubled([], 50), 'limit.bytes'],
  ['shared objects that hold nothing but undefined', () => doubled(leftOut, 50), 'limit.bytes'],
  [
    'members that toJSON leaves out',
    () =>
      Array.from({ length: 300 }, () =>
        Object.fromEntries(keys(1000).map((key) => [key, { toJSON: () => undefined }])),
      ),
    'limit.bytes',
  ],
  ['a getter that makes another object each time', endless, 'limit.depth'],
  [
    'a list that grows while it is read',
    () => {
      const list: unknown[] = [
        {
          get a() {
            list.push(1)
            return 1
          },
        },
      ]
      return [list, list, list, list]
    },
    'accepted',
  ],
  [
    'a list that shrinks while it is read',
    () => {
      const list: unknown[] = [
        {
          get a() {
            list.length = 1
            return 1
          },
        },
        2,
        3,
      ]
      return list
    },
    'value.not_json',
  ],
  [
    'an object that grows while it is read',
    () => {
      const object: Record<string, unknown> = {}
      Object.defineProperty(object, 'a', {
        enumerable: true,
        get() {
          for (const key of keys(1e4)) object[key] = 1
          return 1
        },
      })
      return object
    },
    'accepted',
  ],
  ['a Proxy with 100,000 keys', () => bottomless, 'limit.bytes'],
  [
    'a Proxy of a list that claims 2^32 - 1 items',
    () =>
      new Proxy([], {
        get: (list, key) => (key === 'length' ? 2 ** 32 - 1 : /^\d+$/.test(String(key)) ? 0 : Reflect.get(list, key)),
      }),
    'limit.bytes',
  ],
  ['a string of 128 MiB, as JSON text', () => giant, 'limit.bytes'],
  ['a member of 128 MiB', () => ({ a: giant }), 'limit.bytes'],
  ['a member of 128 MiB that JSON escapes', () => ({ a: '\u0001'.repeat(2 ** 27) }), 'limit.bytes'],
  ['a key of 128 MiB that JSON escapes', () => ({ ['\u0001'.repeat(2 ** 27)]: 1 }), 'limit.bytes'],
  ['a key of 128 MiB whose member is left out', () => ({ [giant]: () => 1, a: 1 }), 'accepted'],
  ['a toJSON that returns 128 MiB', () => [{ toJSON: () => giant }], 'limit.bytes'],
  ['a bigint of 2^27 bits', () => [1n << 134_217_728n], 'value.not_json'],
  [
    'a cycle behind shared parts',
    () => {
      const list: unknown[] = [doubled([], 8)]
      list.push(list)
      return list
    },
    'value.not_json',
  ],
  [
    'a getter that throws',
    () => ({
      get a() {
        throw new Error('secret')
      },
    }),
    'value.not_json',
  ],
  [
    'a Proxy whose traps throw',
    () => [
      new Proxy(
        {},
        {
          getPrototypeOf() {
            throw new Error('secret')
          },
        },
      ),
    ],
    'value.not_json',
  ],
  [
    'a revoked Proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return [proxy]
    },
    'value.not_json',
  ],
  [
    'a tag that throws',
    () => ({
      get [Symbol.toStringTag]() {
        throw new Error('secret')
      },
      a: 1,
    }),
    'accepted',
  ],
]

type Place = readonly [name: string, options: CreateOptions<false>]
const places: readonly Place[] = [
  ...engineKinds.map((engine): Place => [`inline-${engine}`, { placement: 'inline', engine }]),
  ['pool-js', { placement: 'pool', engine: 'js', threads: 1 }],
  ['auto-js', { placement: 'auto', engine: 'js', threads: 1 }],
  ['inline-js with a cache', { placement: 'inline', engine: 'js', cache: {} }],
  ['sidecar', { placement: 'sidecar' }],
]

async function open(options: CreateOptions<false>, of = contract): Promise<Processor> {
  const isSidecar = options.placement === 'sidecar'
  const socket = isSidecar ? { socket: (await daemonWith({ contracts: [{ contract: of }] })).path } : {}
  const processor = await createProcessor(of, { ...options, ...socket })
  onTestFinished(() => processor.destroy())
  return processor
}

const codeOf = async (processor: Processor, value: unknown): Promise<string> => {
  const outcome = await processor.process(value)
  return outcome.ok ? 'accepted' : outcome.code
}

describe.each(places)('%s', (_, options) => {
  test('what costs more than it holds has one outcome', { timeout: 120_000 }, async (context) => {
    if (options.engine !== undefined) needEngine(options.engine as 'js', context)
    const processor = await open({ deadlineMs: 60_000, ...options })
    const found: [string, string][] = []
    for (const [what, make] of values) found.push([what, await codeOf(processor, make())])
    expect(found).toEqual(values.map(([what, , code]) => [what, code]))
  })

  test('each getter, each toJSON, each length runs once, and what was checked is what is written', async (context) => {
    if (options.engine !== undefined) needEngine(options.engine as 'js', context)
    const processor = await open(options)
    const counts: Record<string, number> = {}
    const count = <T>(name: string, value: T): T => {
      counts[name] = (counts[name] ?? 0) + 1
      return counts[name] === 1 ? value : (Number.NaN as T)
    }
    const list = new Proxy([1, 2], {
      get: (target, key) =>
        key === 'length'
          ? count('length', 2)
          : /^\d+$/.test(String(key))
            ? count(`item ${String(key)}`, 7)
            : (Reflect.get(target, key) as unknown),
    })
    const value = {
      get getter() {
        return count('getter', 'once')
      },
      date: { toJSON: () => count('toJSON', '2026-01-01') },
      get nested() {
        return count('nested', { toJSON: () => count('nested toJSON', [1]) })
      },
      list,
    }
    const outcome = await processor.process(value)
    expect(canonicalText(outcome)).toBe('{"date":"2026-01-01","getter":"once","list":[7,7],"nested":[1]}')
    expect(Object.values(counts)).toEqual(Object.values(counts).map(() => 1))
    expect(Object.keys(counts)).toHaveLength(7)
  })
})

test('a bigint beyond 64 bits is out of range, however long', async () => {
  const processor = await open({ placement: 'inline', engine: 'js' }, wide)
  for (const bits of [64n, 128n, 129n, 134_217_728n]) {
    expect(await codeOf(processor, [1n << bits])).toBe('number.unsafe_integer')
    expect(await codeOf(processor, [-(1n << bits)])).toBe('number.unsafe_integer')
  }
})

test('a value of shared parts, 3 GB as text, fits into the heap that maxBytes of 16 MiB needs', () => {
  const script = `
    import { createProcessor, loadContract, parseContract } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
    const lock = { profile: 'p1', unicode: '15.0', name: 'any', schema: { type: 'null' }, limits: { maxBytes: 16_777_216 } }
    const processor = await createProcessor(parseContract(lock), { placement: 'inline', engine: 'js' })
    const shared = Array.from({ length: 1000 }, () => [])
    const outcome = await processor.process(Array.from({ length: 1_000_000 }, () => shared))
    console.log(outcome.code)
  `
  const run = execFileSync(process.execPath, ['--max-old-space-size=672', '--input-type=module', '-e', script])
  expect(run.toString()).toBe('limit.bytes\n')
})
