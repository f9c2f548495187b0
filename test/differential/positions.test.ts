// The two engines against each other on damaged documents: the same issue, byte for byte. The native engine's own counter
// proves that native code processed each of them.
import { expect, test, type TestContext } from 'vitest'
import type { CompiledContract } from '../../src/engine/engine.ts'
import { nativeCalls } from '../../src/engine/native/index.ts'
import type { ReadError } from '../../src/json/read-error.ts'
import type { Issue } from '../../src/model/index.ts'
import type { JsonExpectation } from '../../src/tables/json-expectations.ts'
import { contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { runs, seed } from '../support/seed.ts'
import { mutateBytes, Random } from './payloads.ts'

const order = {
  id: 'o-1',
  kunde: { name: 'Jürgen "Jü" Müller', straße: 'Größe €, 😀', tags: ['a', 'b\\c', '\u0001', 'd\ne'], aktiv: true },
  lines: [
    { sku: 'x/1', quantity: 2, price: 19.99, note: null },
    { sku: '\u{1f600}', quantity: -3, price: 1.5e-7, note: false },
    [[[]], {}, [1, 2, 3]],
  ],
}
const pretty = JSON.stringify(order, null, 2)
const escaped = JSON.stringify(order).replaceAll(
  /[^ -~]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
)
const documents = [
  JSON.stringify(order),
  pretty,
  pretty.replaceAll('\n', '\r\n'),
  pretty.replaceAll('\n', '\r'),
  escaped,
]
  .map((text) => Buffer.from(text))
  .concat(Buffer.from(escaped, 'utf16le'))

/** A document for each code of a reader, and for each expectation of `parse.syntax`: chance alone does not meet all of them. */
const damaged: Readonly<
  Record<JsonExpectation | Exclude<ReadError['code'], 'parse.syntax' | 'value.not_json'>, string | Uint8Array>
> = {
  value: '{"a": [1, ]}',
  'value-or-end': '{"a": [}',
  key: '{"a": 1, }',
  'key-or-end': '{ 1}',
  colon: '{"ü" 1}',
  'comma-or-end': '{"a": [1 2]}',
  end: '{"a": 1}\n}',
  literal: '{"a": trüe}',
  digit: '{"a": [-, 1]}',
  escape: String.raw`{"a": "ü\x"}`,
  'hex-digit': String.raw`{"a": "ü\u12g4"}`,
  character: '{"ü": "a\n"}',
  quote: '{"a": "ü',
  'limit.bytes': JSON.stringify(['ü'.repeat(150)]),
  'limit.depth': '{"ü": [[[[]]]]}',
  'limit.keys': '{"a": 1, "b": 2,\r\n "c": 3, "d": 4, "ü": 5}',
  'parse.bom': '\ufeff{}',
  'parse.utf8': Buffer.concat([Buffer.from('{"ü":\n"'), Buffer.of(0xc3), Buffer.from('"}')]),
  'parse.duplicate_key': String.raw`{"ü": 1, "\u00fc": 2}`,
  'parse.forbidden_key': '{"ü": 1,\r"__proto__": 2}',
  'parse.lone_surrogate': String.raw`{"ü": "\ud83d"}`,
  'number.range': '{"ü": [1, -1e400]}',
  'number.unsafe_integer': '{"ü": [1, 9007199254740993]}',
}

const limitsOf = [{}, { maxDepth: 4 }, { maxKeys: 4 }, { maxBytes: 300 }]
const payloads = runs(60_000, 12_000)

const enginesOf = (context: TestContext): CompiledContract[][] => {
  const engines = [needEngine('js', context), needEngine('native', context)]
  return limitsOf.map((limits) => engines.map((engine) => engine.compile(contractOf({}, { limits }))))
}

/** The issue on which the engines agree, if they refuse the payload. */
function issueOf(bytes: Uint8Array, engines: readonly CompiledContract[]): Issue | undefined {
  const [js, native] = engines.map((compiled) => compiled.process(bytes, false))
  if (js === undefined || native === undefined) throw new Error('two engines')
  if (js.ok || native.ok) {
    expect(native.ok, Buffer.from(bytes).toString()).toBe(js.ok)
    return undefined
  }
  expect(JSON.stringify(native), Buffer.from(bytes).toString('latin1')).toBe(JSON.stringify(js))
  expect(js.issues).toHaveLength(1)
  expect(js.issues[0]?.params?.offset).toBeLessThanOrEqual(bytes.length)
  return js.issues[0]
}

test('the engines agree on the place of each kind of error', (context) => {
  const pairs = enginesOf(context)
  const calls = nativeCalls()
  for (const [kind, document] of Object.entries(damaged)) {
    const issues = pairs.map((engines) => issueOf(Buffer.from(document), engines))
    const kinds = issues.map((issue) => issue?.params?.expected ?? issue?.code)
    expect(kinds, kind).toContain(kind)
  }
  expect(nativeCalls() - calls).toBe(Object.keys(damaged).length * pairs.length)
})

test(`the engines agree on the place of an error (SIDELANE_SEED=${seed})`, { timeout: 300_000 }, (context) => {
  const pairs = enginesOf(context)
  const random = new Random(seed)
  const calls = nativeCalls()
  const sources = [...documents, ...Object.values(damaged).map((document) => Buffer.from(document))]
  let refused = 0
  for (let i = 0; i < payloads; i++) {
    // Every other payload comes from a long document, in which damage is met at all kinds of places.
    const source = random.pick(i % 2 === 0 ? documents : sources)
    if (issueOf(mutateBytes(source, random), random.pick(pairs)) !== undefined) refused++
  }
  expect(nativeCalls() - calls).toBe(payloads)
  expect(refused).toBeGreaterThan(payloads / 2)
})
