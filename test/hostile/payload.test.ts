// Hostile payloads and contracts at the size limits: both engines return the right code in linear time. Times are
// compared with each other, never with an absolute limit.
import { describe, expect, test } from 'vitest'
import type { Contract, Outcome } from '../../src/model/index.ts'
import type { CompiledContract } from '../../src/engine/engine.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine } from '../support/need.ts'

const kib = 1024
const limits = { maxBytes: 8 * 1024 * kib, maxKeys: 1_000_000 }
/** For contracts whose worst case would be too dear for larger payloads. */
const dear = { ...limits, maxBytes: 1025 * kib }

/**
 * Strings whose usual polynomial hash is the same: combinations of two blocks that collide ("Aa" and "BB" for base 31).
 */
function collidingKeys(count: number): string[] {
  let keys = ['']
  while (keys.length < count) keys = keys.flatMap((key) => [`${key}Aa`, `${key}BB`])
  return keys.slice(0, count)
}

const object = (keys: readonly string[]): string => `{${keys.map((key) => `${JSON.stringify(key)}:1`).join(',')}}`
const fill = (size: number, part: string): string => part.repeat(Math.ceil(size / part.length)).slice(0, size)
const wide = Array.from({ length: 1000 }, (_, i) => `member${i}`)
const branches = Array.from({ length: 250 }, (_, i) => ({
  type: 'object',
  properties: { [`only${i}`]: { type: 'number' } },
  required: [`only${i}`],
}))

const recursive = (...anyOf: readonly unknown[]): unknown => ({ $ref: '#/$defs/T', $defs: { T: { anyOf } } })
const tree = { $ref: '#/$defs/T' }
/** Each level is tried by both branches: 2^n looks at level n without memory. */
const doubling = recursive(
  { type: 'object', properties: { next: tree, items: { type: 'array', items: tree }, n: { type: 'string' } } },
  { type: 'object', properties: { next: tree, items: { type: 'array', items: tree }, n: { type: 'number' } } },
)
/** `leaf` 60 levels deep; every second `n` is wrong for the first branch. */
const chain = (leaf: string): string =>
  `${'{"next":'.repeat(60)}${leaf}${Array.from({ length: 60 }, (_, i) => `,"n":${i % 2 === 0 ? '1' : '"a"'}}`).join('')}`
const filters = recursive(
  { type: 'object', properties: { and: { type: 'array', items: tree } }, required: ['and'] },
  { type: 'object', properties: { or: { type: 'array', items: tree } }, required: ['or'] },
  { type: 'object', properties: { not: tree }, required: ['not'] },
  { type: 'object', properties: { is: { type: 'string' } }, required: ['is'], additionalProperties: false },
)

interface Case {
  readonly name: string
  readonly contract: () => Contract
  readonly payload: (size: number) => string
  readonly code: string
}

const defsOf = (schema: unknown): unknown => (schema as { $defs: unknown }).$defs
const list = (size: number, item: string): string =>
  `[${Array.from({ length: Math.ceil(size / (item.length + 1)) }, () => item).join(',')}]`
const patterned =
  (pattern: string): (() => Contract) =>
  () =>
    contractOf({ type: 'string', pattern }, { limits: dear })
const text =
  (part: string, end = ''): ((size: number) => string) =>
  (size) =>
    JSON.stringify(fill(size, part) + end)

const cases: readonly Case[] = [
  {
    name: 'an object of integer-like keys',
    contract: () => contractOf({}, { limits }),
    payload: (n) => object(Array.from({ length: n / 10 }, (_, i) => String(i * 7))),
    code: 'accepted',
  },
  {
    name: 'an object of keys that collide under a weak hash',
    contract: () => contractOf({}, { limits }),
    payload: (n) => object(collidingKeys(n / 40)),
    code: 'accepted',
  },
  {
    name: 'an object with more keys than allowed',
    contract: () => contractOf({}, { limits: { ...limits, maxKeys: 1000 } }),
    payload: (n) => object(Array.from({ length: n / 10 }, (_, i) => `k${i}`)),
    code: 'limit.keys',
  },
  {
    name: 'a million open brackets',
    contract: () => contractOf({}, { limits }),
    payload: (n) => '['.repeat(n),
    code: 'limit.depth',
  },
  {
    name: 'closing brackets only',
    contract: () => contractOf({}, { limits }),
    payload: (n) => ']'.repeat(n),
    code: 'parse.syntax',
  },
  {
    name: 'a string that never ends',
    contract: () => contractOf({}, { limits }),
    payload: (n) => `"${'\\"'.repeat(n / 2)}`,
    code: 'parse.syntax',
  },
  {
    name: 'an array of numbers with long texts',
    contract: () => contractOf({}, { limits }),
    payload: (n) =>
      `[${fill(n, `0.${'1'.repeat(98)},`)
        .slice(0, -1)
        .replace(/,[^,]*$/, '')}]`,
    code: 'accepted',
  },
  {
    name: 'one number of a million digits',
    contract: () => contractOf({}, { limits, numbers: 'double' }),
    payload: (n) => `0.${'1'.repeat(n)}`,
    code: 'accepted',
  },
  {
    name: 'unknown members against a closed object',
    contract: () => contractOf({ type: 'object', properties: {}, additionalProperties: false }, { limits }),
    payload: (n) => object(Array.from({ length: n / 10 }, (_, i) => `k${i}`)),
    code: 'validate.failed',
  },
  {
    name: 'items that all fail',
    contract: () => contractOf({ type: 'array', items: { type: 'string' } }, { limits }),
    payload: (n) => `[${fill(n, '1,')}1]`,
    code: 'validate.failed',
  },
  {
    name: 'items against a union of 250 object branches',
    contract: () => contractOf({ type: 'array', items: { anyOf: branches } }, { limits: dear }),
    payload: (n) => `[${fill(n / 8 - ((n / 8) % 3), '{},')}{}]`,
    code: 'validate.failed',
  },
  {
    name: 'chains of objects that both branches of a recursive union try',
    contract: () => contractOf({ type: 'array', items: { $ref: '#/$defs/T' }, $defs: defsOf(doubling) }, { limits }),
    payload: (n) => list(n, chain('{}')),
    code: 'accepted',
  },
  {
    name: 'chains of objects that every branch of a recursive union refuses at the end',
    contract: () => contractOf({ type: 'array', items: { $ref: '#/$defs/T' }, $defs: defsOf(doubling) }, { limits }),
    payload: (n) => list(n, chain('7')),
    code: 'validate.failed',
  },
  {
    name: 'a wide level below 50 levels of a recursive union',
    contract: () => contractOf(doubling, { limits }),
    payload: (n) => `${'{"next":'.repeat(50)}{"items":${list(n, '{"n":1}')}}${',"n":1}'.repeat(50)}`,
    code: 'accepted',
  },
  {
    name: 'a filter tree with the keys of several branches',
    contract: () => contractOf(filters, { limits }),
    payload: (n) => `{"or":${list(n, '{"and":[{"is":1}],"or":[{"not":{"is":""}}],"not":7}')}}`,
    code: 'accepted',
  },
  {
    name: 'items of 900 branches told apart by a literal',
    contract: () =>
      contractOf(
        {
          type: 'array',
          items: {
            anyOf: Array.from({ length: 900 }, (_, i) => ({
              type: 'object',
              properties: { type: { const: `t${i}` }, v: { type: 'number' } },
              required: ['type', 'v'],
            })),
          },
        },
        { limits },
      ),
    payload: (n) => list(n, '{"v":1,"type":"t899"}'),
    code: 'accepted',
  },
  {
    name: 'items without any of 1,000 required members',
    contract: () =>
      contractOf(
        {
          type: 'array',
          items: { type: 'object', properties: Object.fromEntries(wide.map((name) => [name, {}])), required: wide },
        },
        { limits },
      ),
    payload: (n) => `[${fill(n / 8 - ((n / 8) % 3), '{},')}{}]`,
    code: 'validate.failed',
  },
  {
    name: 'text for nested counted repeats',
    contract: patterned('^(?:a{0,15}){15}b$'),
    payload: text('a'),
    code: 'validate.failed',
  },
  {
    name: 'text for an ambiguous alternation',
    contract: patterned('^(a|a)*$'),
    payload: text('a', '!'),
    code: 'validate.failed',
  },
  { name: 'text for an unanchored search', contract: patterned('.*x$'), payload: text('abc'), code: 'validate.failed' },
  {
    name: 'text for nested unbounded repeats',
    contract: patterned('^(?:(?:a+)+)+$'),
    payload: text('a', '!'),
    code: 'validate.failed',
  },
  {
    name: 'text for a late difference',
    contract: patterned('(?:a|b)*a(?:a|b){12}c'),
    payload: text('abbaab'),
    code: 'validate.failed',
  },
  {
    name: 'text for a pattern of 250 states',
    contract: patterned('[ab]{249}c'),
    payload: text('abbabaab'),
    code: 'validate.failed',
  },
  {
    name: 'text for overlapping classes, counted',
    contract: patterned('(?:[a-m]|[g-z]){120}!'),
    payload: text('ghijklm'),
    code: 'validate.failed',
  },
  {
    name: 'text to normalize, with a run of combining marks',
    contract: () => contractOf({ type: 'string', 'x-norm': ['nfc', 'lower', 'trim', 'collapse'] }, { limits }),
    payload: (n) => `"a${'\u0315\u0300\u0316'.repeat(n / 6)}"`,
    code: 'accepted',
  },
  {
    name: 'white space to collapse',
    contract: () => contractOf({ type: 'string', 'x-norm': ['trim', 'collapse'] }, { limits }),
    payload: (n) => `"${' \u3000'.repeat(n / 4)}a"`,
    code: 'accepted',
  },
  {
    name: 'a list nested by reference',
    contract: () =>
      contractOf(
        { $ref: '#/$defs/Node', $defs: { Node: { type: 'array', items: { $ref: '#/$defs/Node' } } } },
        { limits: { ...limits, maxDepth: 120 } },
      ),
    payload: (n) => `[${fill(n - (n % 3), '[],')}[]]`,
    code: 'accepted',
  },
  {
    name: 'incompressible text',
    contract: () => contractOf({}, { limits }),
    payload: (n) =>
      JSON.stringify(Buffer.from(Array.from({ length: n }, (_, i) => (i * 2654435761) >>> 24)).toString('base64')),
    code: 'accepted',
  },
]

/** Chains of definitions that consume no input, as long as a lock can hold. */
const chains: readonly { name: string; length: number; link: (next: unknown) => unknown }[] = [
  { name: 'references', length: 4900, link: (next) => next },
  { name: 'nullables', length: 1600, link: (next) => ({ anyOf: [next, { type: 'null' }] }) },
]

const codeOf = (outcome: Outcome): string => (outcome.ok ? 'accepted' : outcome.code)

/** The fastest of a few runs, in ms. */
const fastest = (compiled: CompiledContract, bytes: Uint8Array): number =>
  Math.min(...Array.from({ length: 3 }, () => cpuTime(() => compiled.process(bytes, false)).ms))

describe.each(engineKinds)('the %s engine on hostile payloads', (kind) => {
  test.for(cases)(
    'answers $name with the right code, in linear time',
    { timeout: 120_000 },
    ({ contract, payload, code }, context) => {
      const compiled = needEngine(kind, context).compile(contract())
      const [small, large] = [payload(64 * kib), payload(1024 * kib)].map((json) => Buffer.from(json)) as [
        Buffer,
        Buffer,
      ]
      expect(codeOf(compiled.process(large, false))).toBe(code)
      expect(codeOf(compiled.process(small, false))).toBe(code)
      const ratio = large.length / small.length
      // Quadratic work would have ratio², 256 for 16. The added millisecond makes tiny times comparable.
      expect(fastest(compiled, large)).toBeLessThan((fastest(compiled, small) + 1) * ratio * 5)
      compiled.dispose()
    },
  )

  test.for(chains)('has the same outcome with thousands of $name in a row as without', ({ length, link }, context) => {
    const defs = Array.from({ length }, (_, i) => [`d${i}`, link({ $ref: `#/$defs/d${i + 1}` })] as const)
    const list = { type: 'array', items: { $ref: '#/$defs/d0' } }
    const schema = { $ref: '#/$defs/d0', $defs: { ...Object.fromEntries(defs), [`d${length}`]: list } }
    const compiled = needEngine(kind, context).compile(contractOf(schema, { limits: { ...limits, maxDepth: 120 } }))
    const deep = (value: string): string => '['.repeat(119) + value + ']'.repeat(119)
    const wide = (value: string): string => `[${'[],'.repeat(300_000)}${value}]`
    for (const json of [deep('[]'), deep('1'), wide('[]'), wide('1')]) {
      const { result: outcome, ms } = cpuTime(() => compiled.process(Buffer.from(json), false))
      // Generous for slow machines: following the whole chain for each item takes ten seconds.
      expect(ms).toBeLessThan(3000)
      if (json.includes('1')) {
        const pointer = json.startsWith('[[[') ? '/0'.repeat(119) : '/300000'
        expect(outcome).toMatchObject({ issues: [{ pointer, keyword: 'type', params: { expected: ['array'] } }] })
      } else expect(codeOf(outcome)).toBe('accepted')
    }
    compiled.dispose()
  })

  test.for([64, 65, 1_000, 1_000_000])('checks depth %d by counting, without recursion', (depth, context) => {
    const compiled = needEngine(kind, context).compile(contractOf({}, { limits }))
    for (const json of [`${'['.repeat(depth)}${']'.repeat(depth)}`, '{"a":'.repeat(depth), '['.repeat(depth)]) {
      const code = codeOf(compiled.process(Buffer.from(json), false))
      expect(code).toBe(depth > 64 ? 'limit.depth' : json.endsWith(']') ? 'accepted' : 'parse.syntax')
    }
    compiled.dispose()
  })

  test.for([0, -1, 1])('applies the size limit to the byte (%d)', (offset, context) => {
    const compiled = needEngine(kind, context).compile(contractOf({}, { limits: { maxBytes: 4096 } }))
    const json = `"${'x'.repeat(4096 - 2 + offset)}"`
    expect(codeOf(compiled.process(Buffer.from(json), false))).toBe(offset > 0 ? 'limit.bytes' : 'accepted')
    compiled.dispose()
  })
})
