// The two engines against each other: random contracts, random payloads, random damage, the same outcome. The native
// engine's own counter proves that native code processed each of them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CompiledContract } from '../../src/engine/engine.ts'
import { codecs } from './codecs.ts'
import { comparable, contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { runs, seed } from '../support/seed.ts'
import { nativeCalls } from '../../src/engine/native/index.ts'
import { mutateBytes, payloadText, Random } from './payloads.ts'
import { rootSchema, type Schema } from './schemas.ts'

const schemas = runs(500, 120)
const payloadsPerSchema = 60

test(`the engines agree on generated payloads (SIDELANE_SEED=${seed})`, { timeout: 300_000 }, (context) => {
  const js = needEngine('js', context)
  const native = needEngine('native', context)
  const calls = nativeCalls()
  const codes = new Map<string, number>()
  let compared = 0
  const compare = (a: CompiledContract, b: CompiledContract, bytes: Uint8Array, schema: Schema): void => {
    const copy = Buffer.from(bytes)
    const expected = a.process(bytes, false)
    const got = b.process(bytes, false)
    compared++
    const code = expected.ok ? 'accepted' : expected.code
    codes.set(code, (codes.get(code) ?? 0) + 1)
    const where = () => `schema ${JSON.stringify(schema)}\npayload ${JSON.stringify(copy.toString('latin1'))} (latin1)`
    expect(copy.equals(bytes), `an engine changed the caller's bytes\n${where()}`).toBe(true)
    // As text, where the order of keys counts.
    if (!expected.ok) expect(JSON.stringify(got), where()).toBe(JSON.stringify(expected))
    expect(comparable(got), where()).toEqual(comparable(expected))
  }
  fc.assert(
    fc.property(
      rootSchema,
      fc.integer(),
      fc.constantFrom('safe', 'double'),
      codecs,
      (schema, caseSeed, numbers, compress) => {
        const contract = contractOf(schema, { numbers, compress, limits: { maxKeys: 6 } })
        const [a, b] = [js.compile(contract), native.compile(contract)]
        const random = new Random(caseSeed)
        for (let i = 0; i < payloadsPerSchema; i++) {
          const bytes = Buffer.from(payloadText(schema, random))
          compare(a, b, random.chance(0.15) ? mutateBytes(bytes, random) : bytes, schema)
        }
        a.dispose()
        b.dispose()
      },
    ),
    { seed, numRuns: schemas },
  )
  // The generator must produce every kind of outcome.
  for (const code of [
    'accepted',
    'validate.failed',
    'parse.syntax',
    'parse.duplicate_key',
    'parse.lone_surrogate',
    'parse.forbidden_key',
    'number.range',
    'number.unsafe_integer',
    'limit.depth',
    'limit.keys',
    'parse.utf8',
  ]) {
    expect(codes.get(code) ?? 0, `payloads with ${code}`).toBeGreaterThan(0)
  }
  expect(codes.get('accepted')).toBeGreaterThan(compared / 10)
  expect(nativeCalls() - calls).toBe(compared)
  if (process.env['CI']) expect(compared).toBeGreaterThanOrEqual(20_000)
})
