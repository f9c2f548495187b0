// The payload sets of a run: made from a seed, by hand, from the outside suites, or the user's own file.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { isBlank, LineSplitter } from '#dist/ndjson/lines.js'
import { inferLock, type InferredLock } from '../contracts/inferred.ts'
import type { ContractRef } from '../contracts/sources.ts'
import { makeClicks } from './clicks.ts'
import { makeOrders, type OrderOptions } from './orders.ts'

export interface PayloadSet {
  /** The name in the report: `orders`, `handmade`, … */
  readonly name: string
  /** Where it comes from, in a few words. */
  readonly origin: string
  readonly contract: ContractRef
  readonly payloads: readonly Buffer[]
  /** How many the origin has, when `payloads` is a part of it. */
  readonly available: number
  /** What the contract says of every payload. */
  readonly expect: 'accept' | 'reject'
  /** Part of the time, relative to the other sets. */
  readonly weight: number
  /** What the reader of the report must know of the set. */
  readonly note?: string
}

/** A file or a name that cannot be used; the message is for the user. */
export class BadPayloads extends Error {
  override readonly name = 'BadPayloads'
}

const perSet = 256
const orders = { source: 'orders' } as const

/** Sets by name, made when they are asked for. */
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
  return Object.fromEntries<() => PayloadSet>([
    made('orders', 'made order events', {}, perSet, 2),
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
    made('orders-1kb', 'made order events', { meanBytes: 1024 }),
    made('orders-16kb', 'made order events', { meanBytes: 16_384 }),
    made('orders-64kb', 'made order events', { meanBytes: 65_536 }, 64),
    made('orders-1mb', 'made order events', { meanBytes: 850_000 }, 16),
    made('orders-ascii', 'made order events, ASCII names', { script: 'ascii' }),
    made('orders-latin', 'made order events, Latin names', { script: 'latin' }),
    made('orders-cjk', 'made order events, CJK names', { script: 'cjk' }),
    made('orders-noise', 'made order events full of random characters', { incompressible: true }),
    made('orders-invalid', 'made order events, each with one fault', { invalid: true }),
  ])
}

/** The names that a run takes when the user names none. */
export function defaultSetNames(full: boolean): string[] {
  const names = ['orders', 'handmade']
  if (suitesFolder() !== undefined) names.push('github', 'products')
  if (!full) return names
  const sizes = ['clicks-256b', 'orders-1kb', 'orders-16kb', 'orders-64kb', 'orders-1mb']
  return [...names, ...sizes, 'orders-ascii', 'orders-latin', 'orders-cjk', 'orders-noise', 'orders-invalid']
}

/** At most `count` payloads and `bytes` bytes, spread evenly over the set, never none. */
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
 * The user's file: `.ndjson` or `.jsonl`, a payload a line as it stands; `.json`, an array of payloads or one. Without
 * a lock file the contract is inferred from the payloads.
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

/** In memory of its own: a view on a shared buffer would be copied whole when it goes to a worker. */
function own(bytes: Uint8Array): Buffer {
  const copy = new ArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return Buffer.from(copy)
}

const buffers = (payloads: readonly Uint8Array[]): Buffer[] => payloads.map(own)

function handmade(): Buffer[] {
  // From build/bench/payloads or bench/payloads: the files are not copied.
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
