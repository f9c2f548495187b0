// Locks with compression tables and with a dictionary, on payloads that no sample is like: the engines give the same
// outcomes, and the bodies of the native engine, whose counter proves that it answered, have the content of the js engine's.
// Tables are drawn among all complete codes: trained ones are far from the longest codes and from each other.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeClicks } from '../../bench/payloads/clicks.ts'
import { parseContract } from '../../src/contract/index.ts'
import type { CompiledContract } from '../../src/engine/engine.ts'
import { decompress } from '../../src/engine/index.ts'
import { nativeCalls } from '../../src/engine/native/index.ts'
import {
  asciiLiterals,
  distanceCodesOf,
  distanceLimit,
  lengthCodes,
  literalLimit,
  utf8Literals,
  type Accepted,
  type LockTable,
} from '../../src/model/index.ts'
import { contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { seed } from '../support/seed.ts'
import { Random } from './payloads.ts'

const maxBytes = 33_000
const limits = { maxBytes }

/** Code lengths of `count` symbols: leaves of a tree that grows at random. */
function completeCode(count: number, limit: number, random: Random): string {
  const lengths = [0]
  const goesDeep = random.chance(0.5)
  while (lengths.length < count) {
    const open = [...lengths.keys()].filter((leaf) => (lengths[leaf] as number) < limit)
    open.sort((one, other) => (lengths[other] as number) - (lengths[one] as number))
    const leaf = (goesDeep && random.chance(0.7) ? open[0] : random.pick(open)) as number
    const length = (lengths[leaf] as number) + 1
    lengths.splice(leaf, 1, length)
    lengths.splice(random.below(count), 0, length)
  }
  return lengths.map((length) => length.toString(16)).join('')
}

function randomTable(ascii: boolean, minBytes: number, last: number, random: Random): LockTable {
  const literals = ascii ? asciiLiterals : utf8Literals
  const digits = completeCode(literals + lengthCodes, literalLimit, random)
  const distances = completeCode(distanceCodesOf(last), distanceLimit, random)
  return {
    ascii,
    minBytes,
    maxBytes: last,
    literals: digits.slice(0, literals),
    lengths: digits.slice(literals),
    distances,
  }
}

/** Tables for most sizes, among them the largest; the smallest and some between have none. */
const randomTables = (random: Random): object => ({
  version: 1,
  classes: [true, false].flatMap((ascii) =>
    [3, 600, 4000, 8192, 20_000].map((from, index, all) =>
      randomTable(ascii, from + 1 + random.below(40), all[index + 1] ?? 32_768, random),
    ),
  ),
})

const kinds: readonly ((random: Random, at: number) => string)[] = [
  () => 'a',
  // All literals, none of them again within five bytes.
  (_, at) => String.fromCharCode(0x23 + ((at * 7 + (at >> 6) * 13) % 0x39)),
  (random) => String.fromCharCode(0x23 + random.below(0x39)),
  (random) => String.fromCharCode(0x80 + random.below(0x700)),
  (random) => String.fromCharCode(0x4e00 + random.below(0x5000)),
  (random) => String.fromCodePoint(0x1_0000 + random.below(0x10_0000)),
  (random) => (random.chance(0.9) ? 'the same words again ' : String(random.next())),
  (random) => '0123456789'.repeat(30) + random.below(10),
]

/** Texts in JSON of every kind, around the ends of the tables, of a match, and of the lock. */
function payloads(random: Random): Buffer[] {
  const sizes = [1, 64, 258, 599, 600, 4000, 8191, 8192, 8193, 32_767, 32_768, 32_769, maxBytes, maxBytes + 1]
  const texts = kinds.flatMap((kind) =>
    [random.pick(sizes), random.pick(sizes), random.below(2000), random.below(maxBytes)].map((size) => {
      let text = ''
      let bytes = 2
      for (let at = 0; ; at++) {
        const more = kind(random, at)
        bytes += Buffer.byteLength(more)
        if (bytes > size) break
        text += more
      }
      // Filled up to the size.
      return JSON.stringify(text + 'a'.repeat(Math.max(0, size - Buffer.byteLength(text) - 2)))
    }),
  )
  return ['{}', '[]', '""', '0', '[[]]', ...texts].map((text) => Buffer.from(text))
}

/** Compares the outcomes of both contracts, which may differ in codec, and returns the bodies of the native engine. */
function compare(
  js: CompiledContract,
  native: CompiledContract,
  all: readonly Buffer[],
  dictionary?: Buffer,
): Buffer[] {
  const contentOf = ({ body, codec }: Accepted): Buffer =>
    Buffer.from(decompress(body, codec, { maxBytes, ...(codec === 'zstd' && { dictionary }) }))
  const calls = nativeCalls()
  const bodies = all.flatMap((payload) => {
    const [expected, got] = [js.process(payload, false), native.process(payload, false)]
    if (!expected.ok || !got.ok) {
      expect(got).toEqual(expected)
      return []
    }
    expect(contentOf(got).equals(contentOf(expected)), `${payload.length} bytes come back`).toBe(true)
    expect([got.digest, got.canonicalBytes]).toEqual([expected.digest, expected.canonicalBytes])
    // At worst a body is stored.
    expect(got.outBytes).toBeLessThanOrEqual(got.canonicalBytes + 23)
    return [Buffer.from(got.body)]
  })
  expect(nativeCalls() - calls).toBe(all.length)
  expect(bodies.length).toBeGreaterThan(all.length / 2)
  js.dispose()
  native.dispose()
  return bodies
}

/** How many bodies are others by what was trained. */
const differing = (bodies: readonly Buffer[], plain: readonly Buffer[]): number =>
  bodies.filter((body, index) => !body.equals(plain[index] as Buffer)).length

test.each(['gzip', 'deflate', 'deflate-raw'])(`tables: %s (SIDELANE_SEED=${seed})`, (codec, context) => {
  const [js, native] = [needEngine('js', context as never), needEngine('native', context as never)]
  const random = new Random(seed)
  const plain = contractOf({}, { compress: { codec }, limits })
  for (let round = 0; round < 4; round++) {
    const contract = contractOf({}, { compress: { codec }, limits, tables: randomTables(random) })
    const all = payloads(random)
    const bodies = compare(js.compile(contract), native.compile(contract), all)
    const plainBodies = compare(js.compile(plain), native.compile(plain), all)
    expect(differing(bodies, plainBodies)).toBeGreaterThan(bodies.length / 3)
  }
})

test(`a dictionary (SIDELANE_SEED=${seed})`, (context) => {
  const [js, native] = [needEngine('js', context), needEngine('native', context)]
  const dictionary = Buffer.concat(makeClicks(20, 1))
  const sha256 = createHash('sha256').update(dictionary).digest('hex')
  const compress = { codec: 'zstd' }
  const { lock } = contractOf({}, { limits, compress, dictionary: { id: 0, path: 'a.dict', sha256 } })
  // The js engine has no zstd in an old Node.
  const none = contractOf({}, { limits, compress: { codec: 'none' } })
  const all = [...payloads(new Random(seed)), ...makeClicks(40, 2).map((one) => Buffer.from(one))]
  const bodies = compare(js.compile(none), native.compile(parseContract(lock, { dictionary })), all, dictionary)
  const plain = compare(js.compile(none), native.compile(contractOf({}, { limits, compress })), all)
  expect(differing(bodies, plain)).toBeGreaterThanOrEqual(40)
})
