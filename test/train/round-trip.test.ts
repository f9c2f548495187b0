// Bodies that the native engine writes by tables, read by independent decoders; and that the js engine reads such locks.

import { spawnSync } from 'node:child_process'
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { gunzipSync as fflateGunzip, inflateSync as fflateInflate, unzlibSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { makeClicks } from '../../bench/payloads/clicks.ts'
import { makeOrders } from '../../bench/payloads/orders.ts'
import { namedSets } from '../../bench/payloads/sets.ts'
import { lockText, parseContract } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { decompress } from '../../src/engine/index.ts'
import type { AcceptedCanonical, Contract } from '../../src/model/index.ts'
import { trainContract } from '../../src/train/index.ts'
import { contractOf } from '../support/locks.ts'
import { engineKinds, needEngine, needSuite } from '../support/need.ts'

const readers = {
  gzip: [gunzipSync, fflateGunzip],
  deflate: [inflateSync, unzlibSync],
  'deflate-raw': [inflateRawSync, fflateInflate],
} as const
type Deflate = keyof typeof readers
const codecs = Object.keys(readers) as Deflate[]

const compressed = (lock: Contract['lock'], codec: Deflate): Contract =>
  parseContract(lockText({ ...lock, compress: { codec, level: 1 } }))

/** Processes all payloads and returns their bodies, after reading each by every decoder. */
function bodiesOf(engine: Engine, contract: Contract, payloads: readonly Uint8Array[]): Uint8Array[] {
  const codec = contract.lock.compress.codec as Deflate
  const compiled = engine.compile(contract)
  return payloads.map((payload) => {
    const outcome = compiled.process(payload, true) as AcceptedCanonical
    expect(outcome.ok).toBe(true)
    const canonical = Buffer.from(outcome.canonical)
    for (const read of readers[codec]) expect(canonical.equals(read(outcome.body))).toBe(true)
    expect(canonical.equals(decompress(outcome.body, codec, { maxBytes: 1 << 20 }))).toBe(true)
    expect(outcome.body.length).toBeLessThanOrEqual(canonical.length * 1.01 + 32)
    return outcome.body
  })
}

describe.each(engineKinds)('%s', (kind) => {
  test.each(codecs)('bodies of a trained contract: %s', (codec, context) => {
    const engine = needEngine(kind, context as never)
    const samples = [700, 1500, 4000].flatMap((meanBytes) => makeOrders({ count: 60, seed: 21, meanBytes }))
    const { lock } = trainContract(contractOf({}), samples).contract
    expect(lock.tables?.classes.length).toBeGreaterThan(5)
    const payloads = [700, 1500, 4000, 9000].flatMap((meanBytes) => makeOrders({ count: 30, seed: 22, meanBytes }))
    const trained = bodiesOf(engine, compressed(lock, codec), payloads)
    const { tables: _, ...untrained } = lock
    const plain = bodiesOf(engine, compressed(untrained, codec), payloads)
    const differing = trained.filter((body, index) => !Buffer.from(body).equals(plain[index] as Uint8Array))
    // The js engine compresses with zlib.
    expect(differing.length > payloads.length / 2).toBe(kind === 'native')
    const size = (bodies: readonly Uint8Array[]): number => bodies.reduce((sum, { length }) => sum + length, 0)
    expect(size(trained)).toBeLessThan(size(plain) * 1.05)
  })

  test('payloads unlike the samples', (context) => {
    const engine = needEngine(kind, context)
    const { contract } = trainContract(contractOf({}), [
      ...makeClicks(40, 5),
      ...[700, 1500, 3000, 5000].flatMap((meanBytes) => makeOrders({ count: 40, seed: 6, meanBytes, script: 'ascii' })),
      ...[700, 1500, 3000, 5000].flatMap((meanBytes) => makeOrders({ count: 40, seed: 6, meanBytes, script: 'cjk' })),
    ])
    expect(contract.lock.tables?.classes.length).toBeGreaterThan(6)
    const text = (length: number, char: (i: number) => number): string =>
      JSON.stringify(String.fromCharCode(...Array.from({ length }, (_, i) => char(i))))
    let state = 7
    const random = (end: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % end
    const texts = [0, 1, 5, 60, 300, 511, 512, 513, 1024, 1025, 3000, 4096, 4097, 8000, 8190, 8192, 9000].flatMap(
      (length) => [
        text(length, () => 97),
        text(length, (i) => 35 + (i % 88)),
        text(length, () => random(0x80)),
        text(length, () => random(0x800)),
        text(length, () => 0x4e00 + random(0x5000)),
        text(2 * length, (i) => (i % 2 === 0 ? 0xd800 : 0xdc00) + random(0x400)),
      ],
    )
    const payloads = texts.map((one) => Buffer.from(one))
    bodiesOf(engine, contract, payloads)
  })

  test('clicks, and the sets of the benchmark', (context) => {
    const engine = needEngine(kind, context)
    bodiesOf(engine, trainContract(contractOf({}), makeClicks(80, 8)).contract, makeClicks(80, 9))
    const sets = namedSets(3)
    for (const name of ['handmade', 'orders-noise', 'orders-latin', 'orders-16kb']) {
      const { payloads } = (sets[name] as () => { payloads: readonly Uint8Array[] })()
      const { contract } = trainContract(contractOf({}), payloads.slice(0, 40), { onRejected: () => {} })
      bodiesOf(
        engine,
        contract,
        payloads.slice(0, 60).filter((one) => isPlain(contract, one)),
      )
    }
  })

  test('the outside payloads', (context) => {
    const engine = needEngine(kind, context)
    needSuite('payloads', context)
    const sets = namedSets(3)
    for (const name of ['github', 'products']) {
      const { payloads } = (sets[name] as () => { payloads: readonly Uint8Array[] })()
      const { contract } = trainContract(contractOf({}), payloads)
      expect(contract.lock.tables).toBeDefined()
      bodiesOf(engine, contract, payloads)
    }
  })
})

/** Not refused by the data model. */
const isPlain = (contract: Contract, payload: Uint8Array): boolean => {
  try {
    trainContract(contract, [payload])
    return true
  } catch {
    return false
  }
}

test('gunzip reads a body that a table wrote', (context) => {
  const engine = needEngine('native', context)
  const tool = 'gunzip'
  if (spawnSync(tool, ['--version']).status !== 0) context.skip('there is no gunzip')
  const samples = makeOrders({ count: 40, seed: 1 })
  const { contract } = trainContract(contractOf({}), samples)
  const compiled = engine.compile(contract)
  for (const payload of makeOrders({ count: 5, seed: 2 })) {
    const { body, canonical } = compiled.process(payload, true) as AcceptedCanonical
    const { status, stdout } = spawnSync(tool, ['-c'], { input: body })
    expect(status).toBe(0)
    expect(stdout.equals(Buffer.from(canonical))).toBe(true)
  }
})
