// Payloads of other sizes, made of the user's: several in an array, or with shorter arrays and fewer members, under a contract
// that follows. The break-even size is found among them.

import type { LockDocument, LockSchema } from '../model/index.ts'
import type { Shape } from './work.ts'

export interface Sized {
  /** Mean size. */
  readonly bytes: number
  /** In words, for the record. */
  readonly made: string
  readonly shape: Shape
  readonly lock: LockDocument
  readonly payloads: readonly Buffer[]
}

export interface Base {
  readonly lock: LockDocument
  readonly payloads: readonly Buffer[]
}

/** Bytes of all payloads of a size, and the most and fewest of them. */
const setBytes = 262_144
const [fewest, most] = [2, 128]
/** Arrays are made up to this size. */
const largestBytes = 1_048_576
const widest = { maxBytes: 67_108_864, maxDepth: 120 }

type Json = { readonly [key: string]: unknown }

export const meanBytes = (payloads: readonly Uint8Array[]): number =>
  payloads.reduce((sum, { length }) => sum + length, 0) / Math.max(1, payloads.length)

/**
 * Four sizes around the user's, a factor of four apart; fewer where no others can be made. Rising. `isUsable`: whether the
 * contract accepts its payloads.
 */
export function fourSizes(base: Base, isUsable: (size: Sized) => boolean): Sized[] {
  const mean = meanBytes(base.payloads)
  const at = (factor: number): Sized | undefined => {
    const size = factor > 1 && mean * factor > largestBytes ? undefined : sized(base, mean * factor)
    return size !== undefined && isUsable(size) ? size : undefined
  }
  const whole = sized(base, mean) as Sized
  const up = [4, 16, 64].map(at).filter((size) => size !== undefined)
  const down = [1 / 4, 1 / 16, 1 / 64].map(at).filter((size) => size !== undefined)
  // One below and two above, where there are.
  const below = down.slice(0, Math.max(1, 3 - up.length))
  const found = [...below, whole, ...up].sort((a, b) => a.bytes - b.bytes)
  return found.filter((size, index) => index === 0 || size.bytes > 1.5 * (found[index - 1] as Sized).bytes).slice(0, 4)
}

/** Payloads of about `bytes`; undefined where none can be made. */
export function sized(base: Base, bytes: number): Sized | undefined {
  const mean = meanBytes(base.payloads)
  if (bytes > 1.5 * mean) return inArrays(base, Math.round(bytes / mean))
  if (bytes > 0.75 * mean) return { ...base, bytes: mean, made: 'yours', shape: { kind: 'whole' } }
  return shortened(base, bytes / mean) ?? withFewerMembers(base, bytes)
}

function inArrays({ lock, payloads }: Base, copies: number): Sized {
  const size = copies * meanBytes(payloads)
  const made = Array.from({ length: countFor(size) }, (_, index) => {
    const parts = Array.from({ length: copies }, (_unused, at) => payloads[(index * copies + at) % payloads.length])
    return Buffer.from(`[${parts.map(String).join(',')}]`)
  })
  const { maxBytes, maxDepth, maxKeys } = lock.limits
  const needed = Math.max(...made.map(({ length }) => length))
  const limits = {
    maxBytes: Math.min(widest.maxBytes, Math.max(maxBytes, 2 * needed)),
    maxDepth: Math.min(widest.maxDepth, maxDepth + 1),
    maxKeys,
  }
  return {
    bytes: meanBytes(made),
    made: `${copies} of yours in an array`,
    shape: { kind: 'array' },
    lock: { ...lock, limits, schema: arrayOf(lock.schema) },
    payloads: made,
  }
}

const countFor = (bytes: number): number => Math.min(most, Math.max(fewest, Math.round(setBytes / bytes)))

function arrayOf(schema: LockSchema): LockSchema {
  if (typeof schema === 'boolean') return { type: 'array', items: schema }
  const { $defs = {}, $schema: _, ...root } = schema
  const defs = $defs as Json
  let name = 'payload'
  while (name in defs) name += '_'
  const moved = moveRoot({ ...defs, [name]: root }, `#/$defs/${name}`) as Json
  return { type: 'array', items: { $ref: `#/$defs/${name}` }, $defs: moved }
}

/** References to the root of the schema lead to where it is now. */
function moveRoot(node: unknown, to: string): unknown {
  if (Array.isArray(node)) return node.map((item) => moveRoot(item, to))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === '$ref' && value === '#' ? to : moveRoot(value, to)]),
  )
}

/** The same contract, with fewer items in each array. */
function shortened({ lock, payloads }: Base, share: number): Sized | undefined {
  const values = some(payloads).map((payload) => JSON.parse(payload.toString()) as unknown)
  const target = share * meanBytes(payloads)
  let [low, high] = [0, 1]
  // What remains beside the arrays is not known: find the share of the items.
  for (let step = 0; step < 8; step++) {
    const middle = (low + high) / 2
    const mean = meanBytes(values.map((value) => Buffer.from(JSON.stringify(withShare(value, middle)))))
    if (mean > target) high = middle
    else low = middle
  }
  const made = values.map((value) => Buffer.from(JSON.stringify(withShare(value, low))))
  const bytes = meanBytes(made)
  if (bytes > 1.4 * target || bytes < 0.6 * target) return undefined
  return { bytes, made: 'yours with shorter arrays', shape: { kind: 'whole' }, lock, payloads: made }
}

const some = (payloads: readonly Buffer[]): readonly Buffer[] => payloads.slice(0, most)

function withShare(value: unknown, share: number): unknown {
  if (Array.isArray(value)) return value.slice(0, Math.ceil(value.length * share)).map((item) => withShare(item, share))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withShare(item, share)]))
}

/** Some members of a payload that is an object, under a contract of these members. */
function withFewerMembers({ lock, payloads }: Base, target: number): Sized | undefined {
  const root = objectRoot(lock.schema)
  if (root === undefined) return undefined
  const values = some(payloads).map((payload) => JSON.parse(payload.toString()) as Json)
  const properties = root.properties as Json
  const sizes = Object.keys(properties)
    .filter((key) => values.some((value) => key in value))
    .map((key) => ({
      key,
      bytes: meanBytes(values.map((value) => Buffer.from(JSON.stringify({ [key]: value[key] }) ?? ''))) - 1,
    }))
  const keys: string[] = []
  let sum = 1
  for (const { key, bytes } of sizes.toSorted((a, b) => b.bytes - a.bytes)) {
    if (sum + bytes > 1.2 * target) continue
    keys.push(key)
    sum += bytes
  }
  if (sum < 0.6 * target || keys.length === 0) return undefined
  const pick = (from: Json): Json =>
    Object.fromEntries(keys.flatMap((key) => (key in from ? [[key, from[key]] as const] : [])))
  const made = values.map((value) => Buffer.from(JSON.stringify(pick(value))))
  const required = ((root.required ?? []) as readonly string[]).filter((key) => keys.includes(key))
  const schema = { ...root, properties: pick(properties), required } as LockSchema
  const kept = `${keys.length} of ${Object.keys(properties).length} members of yours`
  return {
    bytes: meanBytes(made),
    made: kept,
    shape: { kind: 'members', keys },
    lock: { ...lock, schema },
    payloads: made,
  }
}

/** The schema of the root with its own `properties`; undefined for other schemas. */
function objectRoot(schema: LockSchema): (Json & { readonly properties: unknown }) | undefined {
  if (typeof schema === 'boolean') return undefined
  const { $ref, $defs } = schema as { readonly $ref?: string; readonly $defs?: Json }
  const target = $ref?.startsWith('#/$defs/') === true ? ($defs?.[$ref.slice(8)] as Json | undefined) : schema
  if (target === undefined || typeof target.properties !== 'object') return undefined
  return { ...target, ...($defs !== undefined && { $defs }), properties: target.properties }
}
