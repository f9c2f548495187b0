// The payload sets of a run: generated, hand-written, from the outside suites, or the user's file.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { isBlank, LineSplitter } from '../../src/ndjson/line-splitter.ts'
import { inferLock, type InferredLock } from '../contracts/inferred.ts'
import type { ContractRef } from '../contracts/sources.ts'
import { makeClicks } from './clicks.ts'
import { makeOrders, type OrderOptions } from './orders.ts'
import type { Script } from './words.ts'

export interface PayloadSet {
  /** The name in the report: `orders`, `handmade`, … */
  readonly name: string
  /** The origin, in a few words. */
  readonly origin: string
  readonly contract: ContractRef
  readonly payloads: readonly Buffer[]
  /** The number of payloads in the origin, when `payloads` is a part of them. */
  readonly available: number
  /** The expected outcome of every payload. */
  readonly expect: 'accept' | 'reject'
  /** The share of the time, relative to the other sets. */
  readonly weight: number
  /** A remark for the report. */
  readonly note?: string
  /** The place in the series over sizes and scripts. */
  readonly series?: { readonly script: Script | 'mixed'; readonly bytes: number }
}

/** A file or a name that cannot be used. The message is for the user. */
export class BadPayloads extends Error {
  override readonly name = 'BadPayloads'
}

const perSet = 256
const orders = { source: 'orders' } as const

/** Sets by name, generated on demand. */
export function namedSets(seed: number): Readonly<Record<string, () => PayloadSet>> {
  const made = (
    name: string,
    origin: string,
    options: Omit<OrderOptions, 'count' | 'seed'>,
    count = perSet,
    weight = 1,
  ): [string, () => PayloadSet] => [
    name,
    () => ({
      ...whole(name, `${origin}, seed ${seed}`, orders, buffers(makeOrders({ ...options, count, seed }))),
      expect: options.invalid === true ? 'reject' : 'accept',
      weight,
    }),
  ]
  const [, mixedOrders] = made('orders', 'made order events', {}, perSet, 2)
  return Object.fromEntries<() => PayloadSet>([
    ['orders', () => ({ ...mixedOrders(), series: { script: 'mixed', bytes: 4096 } })],
    ['handmade', () => whole('handmade', 'order events written by hand', orders, handmade())],
    ['github', () => whole('github', 'public GitHub events', { source: 'github' }, suite('github_events.json'))],
    [
      'products',
      () =>
        whole('products', "a shop's product rows", { source: 'products' }, suite('amazon_cellphones.ndjson').slice(1)),
    ],
    [
      'clicks-256b',
      () =>
        whole(
          'clicks-256b',
          `made tracking events, seed ${seed}`,
          { source: 'clicks' },
          buffers(makeClicks(perSet, seed)),
        ),
    ],
    [
      'orders-650b',
      () => whole('orders-650b', `made order events, the smallest, seed ${seed}`, orders, smallest(seed)),
    ],
    made('orders-1kb', 'made order events', { meanBytes: 1024 }),
    made('orders-16kb', 'made order events', { meanBytes: 16_384 }),
    made('orders-64kb', 'made order events', { meanBytes: 65_536 }, 64),
    made('orders-1mb', 'made order events', { meanBytes: 850_000 }, 16),
    made('orders-ascii', 'made order events, ASCII names', { script: 'ascii' }),
    made('orders-latin', 'made order events, Latin names', { script: 'latin' }),
    made('orders-cjk', 'made order events, CJK names', { script: 'cjk' }),
    made('orders-noise', 'made order events full of random characters', { incompressible: true }),
    made('orders-invalid', 'made order events, each with one fault', { invalid: true }),
    ...seriesSets(seed),
  ])
}

/** Four times as many order events. */
export function manyOrders(seed: number): PayloadSet {
  const payloads = buffers(makeOrders({ count: 4 * perSet, seed }))
  return whole('orders', `made order events, seed ${seed}`, orders, payloads)
}

/** Most orders with one line are larger. */
const smallestBytes = 730

function smallest(seed: number): Buffer[] {
  const made = makeOrders({ count: 6 * perSet, seed, meanBytes: 700 })
  return buffers(made.filter(({ length }) => length <= smallestBytes)).slice(0, perSet)
}

const scripts = ['ascii', 'latin', 'cjk'] as const

/** What the sizes of a series are called in a report. */
export const sizeClasses = [
  { bytes: 256, label: '256 B' },
  { bytes: 1024, label: '1 KB' },
  { bytes: 4096, label: '4 KB' },
  { bytes: 16_384, label: '16 KB' },
  { bytes: 65_536, label: '64 KB' },
  { bytes: 1_048_576, label: '1 MB' },
] as const

/** The sizes of the series; an order does not fit into 256 bytes. */
const series = [
  { source: 'clicks', label: '256b', bytes: 256, count: perSet },
  { source: 'orders', label: '1kb', bytes: 1024, count: perSet },
  { source: 'orders', label: '4kb', bytes: 4096, count: perSet },
  { source: 'orders', label: '16kb', bytes: 16_384, count: 64 },
  { source: 'orders', label: '64kb', bytes: 65_536, count: 16 },
  { source: 'orders', label: '1mb', bytes: 1_048_576, count: 2 },
] as const

/** As close to 1 MiB as payloads of varying size can be within the contract's limit. */
const largestMeanBytes = 850_000

/** The names of the series: each size for ASCII, Latin, CJK. */
export const seriesNames: readonly string[] = scripts.flatMap((script) =>
  series.map(({ source, label }) => `${source}-${label}-${script}`),
)

function seriesSets(seed: number): [string, () => PayloadSet][] {
  return scripts.flatMap((script) =>
    series.map(({ source, label, bytes, count }): [string, () => PayloadSet] => {
      const name = `${source}-${label}-${script}`
      const make = (): Uint8Array[] =>
        source === 'clicks'
          ? makeClicks(count, seed, script)
          : makeOrders({
              ...{ count, seed, script, asciiOnly: script === 'ascii' },
              meanBytes: Math.min(bytes, largestMeanBytes),
            })
      const origin = `made ${source === 'clicks' ? 'tracking' : 'order'} events, ${script}, seed ${seed}`
      return [name, () => ({ ...whole(name, origin, { source }, buffers(make())), series: { script, bytes } })]
    }),
  )
}

/** The default sets of a run. */
export function defaultSetNames(full: boolean): string[] {
  const names = ['orders', 'handmade']
  if (suitesFolder() !== undefined) names.push('github', 'products')
  if (!full) return names
  const sizes = ['clicks-256b', 'orders-1kb', 'orders-16kb', 'orders-64kb', 'orders-1mb']
  return [...names, ...sizes, 'orders-ascii', 'orders-latin', 'orders-cjk', 'orders-noise', 'orders-invalid']
}

/** The sets of `--stages`: the series, mixed order events, and the real ones that are there. */
export const stageSetNames = (): string[] => [
  'orders',
  'orders-650b',
  ...(suitesFolder() === undefined ? [] : ['github', 'products']),
  ...seriesNames,
]

/** At most `count` payloads and `bytes` bytes, spread evenly over the set, at least one. */
export function thinned(set: PayloadSet, count: number, bytes: number): PayloadSet {
  const total = set.payloads.reduce((sum, payload) => sum + payload.length, 0)
  const keep = Math.max(1, Math.min(count, Math.floor((set.payloads.length * bytes) / Math.max(1, total))))
  if (keep >= set.payloads.length) return set
  const payloads = Array.from(
    { length: keep },
    (_, i) => set.payloads[Math.floor((i * set.payloads.length) / keep)] as Buffer,
  )
  return { ...set, payloads }
}

/**
 * The user's file: `.ndjson` or `.jsonl` has one payload a line; `.json` an array of payloads, or one. Without a lock,
 * the contract is inferred from the payloads.
 */
export function userSet(file: string, lockFile?: string): PayloadSet {
  const payloads = readPayloads(file)
  if (payloads.length === 0) throw new BadPayloads(`${file} holds no payload`)
  if (lockFile !== undefined) return whole('yours', file, { lockFile }, payloads)
  const inferred = inferFrom(file, payloads)
  return {
    ...whole('yours', `${file}, contract inferred`, { lockFile: inferred.lockFile }, inferred.payloads),
    note: inferred.note,
  }
}

function inferFrom(file: string, payloads: readonly Buffer[]): InferredLock {
  try {
    return inferLock(file, payloads)
  } catch (error) {
    throw new BadPayloads(
      `No contract can be inferred from ${file}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

const whole = (name: string, origin: string, contract: ContractRef, payloads: readonly Buffer[]): PayloadSet => ({
  name,
  origin,
  contract,
  payloads,
  available: payloads.length,
  expect: 'accept',
  weight: 1,
})

function readPayloads(file: string): Buffer[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new BadPayloads(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  return /\.(?:ndjson|jsonl)$/.test(file) ? lines(bytes) : elements(file, bytes)
}

function lines(bytes: Buffer): Buffer[] {
  const splitter = new LineSplitter(bytes.length + 1)
  return [...splitter.split(bytes), ...splitter.end()]
    .filter((line) => !isBlank(line))
    .map(({ payload }) => own(payload as Uint8Array))
}

function elements(file: string, bytes: Buffer): Buffer[] {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return Array.isArray(value) ? value.map((element) => own(Buffer.from(JSON.stringify(element)))) : [own(bytes)]
  } catch (error) {
    throw new BadPayloads(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Copied into its own ArrayBuffer: a view on a shared buffer would be cloned with the whole buffer. */
function own(bytes: Uint8Array): Buffer {
  const copy = new ArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return Buffer.from(copy)
}

const buffers = (payloads: readonly Uint8Array[]): Buffer[] => payloads.map(own)

function handmade(): Buffer[] {
  // Works from build/bench/payloads and from bench/payloads: the files are not copied to build.
  const up = import.meta.url.includes('/build/bench/') ? '../../../bench/payloads/' : './'
  const folder = new URL(`${up}handmade/`, import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.toSorted().map((name) => own(readFileSync(new URL(name, folder))))
}

/** The folder of the outside suites, if there is one. */
const suitesFolder = (): string | undefined => process.env.SIDELANE_SUITES || undefined

function suite(file: string): Buffer[] {
  const folder = suitesFolder()
  if (folder === undefined)
    throw new BadPayloads(`${file} is not shipped: set SIDELANE_SUITES to the folder of the outside suites`)
  return readPayloads(join(folder, 'payloads', file))
}
