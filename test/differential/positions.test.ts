// The two engines against each other on damaged documents: the same issue, byte for byte. The native engine's own counter
// proves that native code processed each of them.
import { expect, test } from 'vitest'
import { nativeCalls } from '../../src/engine/native/index.ts'
import { jsonExpectations } from '../../src/tables/json-expectations.ts'
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

const limitsOf = [{}, { maxDepth: 4 }, { maxKeys: 4 }, { maxBytes: 300 }]
const payloads = runs(60_000, 12_000)

test(`the engines agree on the place of an error (SIDELANE_SEED=${seed})`, { timeout: 300_000 }, (context) => {
  const engines = [needEngine('js', context), needEngine('native', context)]
  const pairs = limitsOf.map((limits) => engines.map((engine) => engine.compile(contractOf({}, { limits }))))
  const random = new Random(seed)
  const calls = nativeCalls()
  const seen = new Set<string>()
  for (let i = 0; i < payloads; i++) {
    const bytes = mutateBytes(random.pick(documents), random)
    const [js, native] = random.pick(pairs).map((compiled) => compiled.process(bytes, false))
    if (js === undefined || native === undefined) throw new Error('two engines')
    if (js.ok || native.ok) {
      expect(native.ok, bytes.toString()).toBe(js.ok)
      continue
    }
    expect(JSON.stringify(native), Buffer.from(bytes).toString('latin1')).toBe(JSON.stringify(js))
    expect(js.issues).toHaveLength(1)
    const { code, params = {} } = js.issues[0] ?? {}
    seen.add(String(code)).add(String(params.expected))
    expect(params.offset).toBeLessThanOrEqual(bytes.length)
  }
  expect(nativeCalls() - calls).toBe(payloads)
  const codes = ['limit.bytes', 'limit.depth', 'limit.keys', 'parse.bom', 'parse.utf8', 'parse.duplicate_key']
  expect([...seen]).toEqual(
    expect.arrayContaining([...codes, 'parse.lone_surrogate', ...Object.keys(jsonExpectations)]),
  )
})
