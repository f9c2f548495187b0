// How good the drafts of inferContract() are: drafted from a part of real samples, judged by the others.

import type { Contract, LockDocument } from '../../src/model/index.ts'
import { lockText, parseLock } from '../../src/contract/index.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { inferContract } from '../../src/infer/index.ts'
import { escapePointerKey } from '../../src/json/index.ts'

/** Counts over some splits. */
export interface Figures {
  heldOut: number
  accepted: number
  retyped: number
  retypedRejected: number
  removed: number
  removedRejected: number
  /** The first rejections of held-out samples, and mutants that passed, for a reader who wants to know why. */
  readonly remarks: string[]
}

export const newFigures = (): Figures => ({
  heldOut: 0,
  accepted: 0,
  retyped: 0,
  retypedRejected: 0,
  removed: 0,
  removedRejected: 0,
  remarks: [],
})

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const copy = [...items]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
  }
  return copy
}

const bareLock = (contract: Contract): Contract =>
  parseLock(lockText({ ...contract.lock, compress: { codec: 'none' }, digest: 'none' }))

/** Drafts from 70 % of the samples and adds to the figures what the draft says to the others, and to mutants of them. */
export function judgeSplit(samples: readonly string[], seed: number, engine: Engine, into: Figures): void {
  const next = random(seed)
  const mixed = shuffled(samples, next)
  const cut = Math.round(mixed.length * 0.7)
  const { contract } = inferContract(mixed.slice(0, cut), { name: 'draft' })
  const bare = bareLock(contract)
  const compiled = engine.compile(bare)
  const verdict = (value: unknown): readonly string[] | undefined => {
    const bytes = Buffer.from(JSON.stringify(value))
    const outcome = compiled.process(bytes, false)
    if (outcome.ok) return undefined
    return outcome.code === 'validate.failed' ? outcome.issues.map(issueText) : [outcome.code]
  }
  for (const sample of mixed.slice(cut)) {
    const value: unknown = JSON.parse(sample)
    const issues = verdict(value)
    into.heldOut++
    if (issues === undefined) {
      into.accepted++
      judgeMutants(value, contract.lock, next, verdict, into)
    } else into.remarks.push(`held out: ${issues.slice(0, 3).join(', ')}`)
  }
}

/** True for an issue at the pointer. A plain union whose branches all failed answers at its own place. */
const isAt = (issue: string, pointer: string): boolean =>
  issue.endsWith(` at ${pointer}`) || (issue.startsWith('union at ') && pointer.startsWith(`${issue.slice(9)}/`))

const issueText = ({ pointer, keyword }: { readonly pointer: string; readonly keyword?: string }): string =>
  `${keyword ?? ''} at ${pointer}`

const perSample = 8

function judgeMutants(
  value: unknown,
  lock: LockDocument,
  next: () => number,
  verdict: (value: unknown) => readonly string[] | undefined,
  into: Figures,
): void {
  const slots: Slot[] = []
  collect(value, lock.schema as Schema, lock.schema as Schema, '', slots)
  for (const slot of shuffled(slots, next).slice(0, perSample)) {
    const { holder, key, pointer } = slot
    const kept = holder[key]
    holder[key] = otherType(kept)
    const issues = verdict(value)
    holder[key] = kept
    into.retyped++
    if (issues?.some((issue) => isAt(issue, pointer)) === true) into.retypedRejected++
    else into.remarks.push(`retyped ${typeof kept} at ${pointer}: ${issues?.[0] ?? 'accepted'}`)
  }
  for (const { holder, key, pointer } of shuffled(
    slots.filter(({ required }) => required),
    next,
  ).slice(0, perSample)) {
    const rest = Object.entries(holder)
    const kept = holder[key]
    // A member that moves to the end of its object is no other payload.
    delete holder[key]
    const issues = verdict(value)
    for (const name of Object.keys(holder)) delete holder[name]
    for (const [name, member] of rest) holder[name] = name === key ? kept : member
    into.removed++
    if (issues?.some((issue) => isAt(issue, pointer)) === true) into.removedRejected++
    else into.remarks.push(`removed ${pointer}: ${issues?.[0] ?? 'accepted'}`)
  }
}

const otherType = (value: unknown): unknown =>
  typeof value === 'string' ? 12.5 : typeof value === 'object' ? true : { x: 1 }

type Schema = Record<string, unknown>

/** A member of a sample that the draft describes. */
interface Slot {
  readonly holder: Record<string, unknown>
  readonly key: string
  readonly pointer: string
  readonly required: boolean
}

/** The members that a draft names. Those that were only seen as null, or that are left open, say nothing of a type. */
function collect(value: unknown, schema: Schema, root: Schema, pointer: string, slots: Slot[]): void {
  const node = resolve(value, schema, root)
  if (node === undefined) return
  if (Array.isArray(value)) {
    if (node['items'])
      for (const [i, item] of value.entries()) collect(item, node['items'] as Schema, root, `${pointer}/${i}`, slots)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const holder = value as Record<string, unknown>
  const properties = (node['properties'] ?? {}) as Record<string, Schema>
  const required = (node['required'] ?? []) as readonly string[]
  for (const [key, member] of Object.entries(holder)) {
    const own = Object.hasOwn(properties, key) ? properties[key] : (node['additionalProperties'] as Schema | undefined)
    if (own === undefined || typeof own !== 'object') continue
    const at = `${pointer}/${escapePointerKey(key)}`
    if (says(own)) slots.push({ holder, key, pointer: at, required: required.includes(key) })
    collect(member, own, root, at, slots)
  }
}

const says = (schema: Schema): boolean =>
  ['type', 'anyOf', 'oneOf', '$ref', 'const', 'enum'].some((keyword) => keyword in schema)

/** The schema that describes a value: through references, and into the branch that is meant. */
function resolve(value: unknown, schema: Schema, root: Schema): Schema | undefined {
  if (typeof schema['$ref'] === 'string') {
    const name = schema['$ref'].slice('#/$defs/'.length)
    return resolve(
      value,
      schema['$ref'] === '#' ? root : ((root['$defs'] as Record<string, Schema>)[name] as Schema),
      root,
    )
  }
  if (Array.isArray(schema['anyOf'])) {
    const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
    const branches = (schema['anyOf'] as Schema[]).map((branch) => resolve(value, branch, root))
    return branches.find((branch) => branch !== undefined && [branch['type']].flat().includes(kind))
  }
  if (!Array.isArray(schema['oneOf'])) return schema
  const tag = schema['x-discriminator'] as string
  const own = (value as Schema | null)?.[tag]
  return (schema['oneOf'] as Schema[])
    .map((branch) => resolve(value, branch, root))
    .find((branch) => {
      const at = (branch?.['properties'] as Record<string, Schema> | undefined)?.[tag]
      return at?.['const'] === own || (at?.['enum'] as unknown[] | undefined)?.includes(own)
    })
}
