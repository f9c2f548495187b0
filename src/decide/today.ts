// Today's way: JSON.parse, the app's zod schema, JSON.stringify, node:zlib. It runs in a process of its own
// (option-child.ts).

import { isDeepStrictEqual } from 'node:util'
import type * as Zod from 'zod'
import { appSchemaOf, type Codec, type Contract, type LockDocument } from '../model/index.ts'
import type { Answer } from '../measure/contender.ts'
import { moduleLoader } from '../util/module-loader.ts'
import { compressorOf, contentOf } from './codec.ts'
import { normalizer, plainSchema } from './lock-normalizer.ts'
import type { TodayFacts } from './record.ts'
import type { Shape, TodaySource, Work } from './work.ts'

type Call = (payload: Uint8Array) => Answer

export interface Today {
  readonly call: Call
  readonly kind: TodayFacts['kind']
  readonly text: string
  /** The parts, for the split by stage. */
  readonly parts: Parts
  readonly isCompiled: boolean
  /** Payloads whose outcome is another one than the contract's. */
  readonly disagreed: readonly number[]
}

interface Parts {
  readonly read: (payload: Uint8Array) => unknown
  /** Undefined where the schema rejects the value. */
  readonly validate: (value: unknown) => unknown
  readonly write: (value: unknown) => string
  readonly compress: (text: string) => Uint8Array
}

interface Candidate {
  readonly kind: TodayFacts['kind']
  readonly validate: (value: unknown) => unknown
  readonly isCompiled: boolean
}

/** Of the payloads this share may have another outcome than the contract's. */
const maxDisagreed = 0.1

/**
 * The first of these that does the same work: the user's schema, the same behind the normalization of the lock, a schema made of the
 * lock, no schema. `compiled`: with `z.compile`.
 */
export async function makeToday(work: Work, compiled: boolean): Promise<Today> {
  const lock = JSON.parse(work.lock) as LockDocument
  const { codec, level } = lock.compress
  const own = compressorOf(codec, level)
  const used: Codec = own === undefined ? 'gzip' : codec
  const compress = own ?? compressorOf('gzip', 1)
  let best: Today | undefined
  for await (const candidate of candidates(work, lock, compiled)) {
    const parts: Parts = {
      read: (payload) => JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString()),
      validate: candidate.validate,
      write: (value) => JSON.stringify(value),
      compress,
    }
    const call = callOf(parts)
    const disagreed = await disagreements(work, call, used)
    const today: Today = {
      ...candidate,
      call,
      parts,
      disagreed,
      text: textOf(candidate, used, level, { isOther: own === undefined, isInferred: work.today.kind === 'draft' }),
    }
    if (disagreed.length === 0) return today
    if (best === undefined || disagreed.length < best.disagreed.length) best = today
    if (candidate.kind === 'none' && best.disagreed.length <= maxDisagreed * work.payloads.length) return best
    // Without a schema the document is another one where the contract normalizes or strips: nothing to compare with.
    if (candidate.kind === 'none') return { ...today, disagreed: [] }
  }
  throw new Error('There is no way to compare with')
}

const callOf =
  ({ read, validate, write, compress }: Parts): Call =>
  (payload) => {
    const value = validate(read(payload))
    return value === undefined ? { ok: false } : { ok: true, body: compress(write(value)), digest: null }
  }

const same = (value: unknown): unknown => value

async function* candidates(work: Work, lock: LockDocument, compiled: boolean): AsyncGenerator<Candidate> {
  const z = work.today.kind === 'none' ? undefined : await loadZod()
  if (z !== undefined) {
    const before = normalizer(lock.schema)
    const own = await ownSchema(z, work.today, work.shape)
    const made = attempt(() => z.fromJSONSchema(plainSchema(lock.schema) as Parameters<typeof z.fromJSONSchema>[0]))
    for (const [schema, kind] of [[own, 'zod'] as const, [made, 'zod-from-lock'] as const]) {
      if (schema === undefined) continue
      const used = compiled ? attempt(() => z.compile(schema)) : schema
      // z.compile returns the schema itself where it cannot compile it.
      if (used === undefined) continue
      const isCompiled = compiled && used !== schema
      yield { kind, validate: parser(used, undefined), isCompiled }
      if (before !== undefined) yield { kind, validate: parser(used, before), isCompiled }
    }
  }
  yield { kind: 'none', validate: same, isCompiled: false }
}

function parser(schema: Zod.ZodType, before: ((value: unknown) => unknown) | undefined): Candidate['validate'] {
  return (value) => {
    const parsed = schema.safeParse(before === undefined ? value : before(value))
    return parsed.success ? parsed.data : undefined
  }
}

/** zod is an optional peer of this package. */
export const hasZod = async (): Promise<boolean> => (await loadZod()) !== undefined

async function loadZod(): Promise<typeof Zod | undefined> {
  try {
    return await import('zod')
  } catch {
    return undefined
  }
}

async function ownSchema(z: typeof Zod, source: TodaySource, shape: Shape): Promise<Zod.ZodType | undefined> {
  const whole = await wholeSchema(source)
  if (whole === undefined || shape.kind === 'whole') return whole
  if (shape.kind === 'array') return z.array(whole)
  const { shape: members } = whole as { readonly shape?: Readonly<Record<string, Zod.ZodType>> }
  if (members === undefined) return undefined
  return z.object(Object.fromEntries(shape.keys.flatMap((key) => (members[key] ? [[key, members[key]]] : []))))
}

async function wholeSchema(source: TodaySource): Promise<Zod.ZodType | undefined> {
  if (source.kind === 'draft') {
    const { buildZod } = await import('../infer/schema-ast.ts')
    return buildZod(source.draft)
  }
  if (source.kind !== 'module') return undefined
  const load = await moduleLoader(source.file)
  if (typeof load === 'string') return undefined
  const module = await load()
  const { default: main } = module as { readonly default?: Readonly<Record<string, unknown>> }
  const value = module[source.name] ?? main?.[source.name]
  if (typeof value !== 'object' || value === null) return undefined
  return '_zod' in value ? (value as Zod.ZodType) : (appSchemaOf(value as Contract)?.schema as Zod.ZodType | undefined)
}

/** Also where the schema throws, for example because a check returns a promise. */
async function disagreements(work: Work, call: Call, codec: Codec): Promise<number[]> {
  const found: number[] = []
  for (const [index, payload] of work.payloads.entries()) {
    const answer = attempt(() => call(payload))
    const isSame =
      answer?.ok === true &&
      isDeepStrictEqual(
        JSON.parse(Buffer.from(await contentOf(answer.body, codec, work.dictionary)).toString()),
        JSON.parse(work.references[index] as string),
      )
    if (!isSame) found.push(index)
  }
  return found
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

function textOf(
  { kind, isCompiled }: Candidate,
  codec: Codec,
  level: number | undefined,
  { isOther, isInferred }: { readonly isOther: boolean; readonly isInferred: boolean },
): string {
  const schema = {
    zod: `${isInferred ? 'the inferred' : 'your'} zod schema${isCompiled ? ' (z.compile)' : ''}`,
    'zod-from-lock': `a zod schema made of the lock${isCompiled ? ' (z.compile)' : ''}`,
    none: 'no validation',
  }[kind]
  const compression =
    codec === 'none'
      ? 'no compression'
      : `node:zlib ${codec}${codec === 'gzip' || level !== undefined ? ` ${level ?? 1}` : ''}`
  return `JSON.parse, ${schema}, JSON.stringify, ${compression}${isOther ? ' (this Node has no zstd)' : ''}`
}
