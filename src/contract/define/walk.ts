// The walk over a zod tree: dispatch by type, recursion, and the list of problems. Each family of types is lowered in
// a file of its own; unsupported types are in unsupported-types.ts.

import type { $ZodLazy, $ZodPipe, $ZodTemplateLiteral, $ZodType, $ZodTypes, $ZodUnion } from 'zod/v4/core'
import { setMember } from '../../json/index.ts'
import { type NormOp, SidelaneError } from '../../model/index.ts'
import { annotationsOf, hasNormMetadata, idOf } from './annotations.ts'
import { keepInApp } from './app-only.ts'
import { lowerChecks } from './checks.ts'
import { coerceKeyword, coercionProblem } from './coerce.ts'
import type { LoweringContext, LoweringOptions, UnsupportedPlace } from './context.ts'
import { lowerArray, lowerTuple } from './collections.ts'
import { orNull, type SchemaDocument } from '../schema-document.ts'
import { lowerIntersection } from './intersections.ts'
import { isJsonValue } from './json-value.ts'
import { inOrder, normsOf } from './norm.ts'
import { lowerNumber } from './numbers.ts'
import { lowerBigint } from './bigints.ts'
import { lowerObject } from './objects.ts'
import { refusalText, rootPath } from '../index.ts'
import { lowerPipe } from './pipes.ts'
import { lowerRecord } from './records.ts'
import { hoistShared } from './shared-schemas.ts'
import { isSchema } from './traverse.ts'
import { isOutsideJson, unsupportedType } from './unsupported-types.ts'
import { lowerString, lowerTemplate } from './strings.ts'
import { lowerUnion } from './unions.ts'
import { lowerLiteral } from './literals.ts'

interface Origin {
  readonly type: $ZodType
  readonly path: string
}

/** A schema on the path from the root; it gets a name when it occurs again inside itself. */
interface ActiveSchema extends Origin {
  name?: string
}

/** Deeper than any payload: a getter returns a new schema at each read. */
const maxNesting = 120
const maxPlaces = 20
const schemaDialect = 'https://json-schema.org/draft/2020-12/schema'

/**
 * The schema as a p1 document, and what stays in the app: `refine: customer.email`.
 *
 * Throws `contract.unsupported` with all problems in its message (up to 20) and `params: { path, refusals }`.
 */
export function walkSchema(schema: $ZodType, options: LoweringOptions): { schema: SchemaDocument; appOnly: string[] } {
  const problems: UnsupportedPlace[] = []
  const appOnly = new Set<string>()
  const definitions: Record<string, SchemaDocument> = {}
  /** Schemas on the path from the root, by their zod def: clones with other metadata share it. */
  const active = new Map<object, ActiveSchema>()
  const recursive = new Map<object, string>()
  const lowered = new LoweredSchemas()
  let nesting = 0

  const context: LoweringContext = {
    options,
    get problemCount() {
      return problems.length
    },
    reject(path, problem) {
      if (!problems.some((known) => known.path === path && known.problem === problem)) problems.push({ path, problem })
      return {}
    },
    keepInApp: (path, kind) => void appOnly.add(`${kind}: ${path}`),
    lower(schema, path, inherited = []) {
      if (!isSchema(schema)) return context.reject(path, foreignSchema(schema))
      const type = schema as $ZodTypes
      if (++nesting > maxNesting) throw new InfiniteSchema(path)
      if (hasNormMetadata(schema)) context.reject(path, "meta 'x-norm' has no effect; write norm(schema, [...])")
      const annotations = annotationsOf(schema)
      const node = lowered.get(type, inherited) ?? lowerNew(type, path, inherited)
      nesting--
      return Object.keys(annotations).length === 0 ? node : { ...node, ...annotations }
    },
  }

  function lowerNew(type: $ZodTypes, path: string, inherited: readonly NormOp[]): SchemaDocument {
    const placesBefore = problems.length + appOnly.size
    const node = canRecur(type) ? lowerNamed(type, path, inherited) : lowerType(context, type, path, inherited)
    const hasPlaces = problems.length + appOnly.size > placesBefore
    return lowered.add({ type, path, inherited, node, hasPlaces })
  }

  function lowerNamed(type: $ZodTypes, path: string, inherited: readonly NormOp[]): SchemaDocument {
    const { def } = type._zod
    const known = recursive.get(def)
    if (known !== undefined) return { $ref: known }
    const outer = active.get(def)
    if (outer !== undefined) {
      outer.name ??= nameFor(outer)
      return { $ref: reference(outer.name) }
    }
    const entry: ActiveSchema = { type, path }
    active.set(def, entry)
    const node = lowerType(context, type, path, inherited)
    active.delete(def)
    if (entry.name === undefined) return node
    setMember(definitions, entry.name, node)
    const ref = reference(entry.name)
    recursive.set(def, ref)
    return { $ref: ref }
  }

  /** Without an origin: a branch that an intersection made. */
  function nameFor(origin: Origin | undefined): string {
    const { type, path = '' } = origin ?? {}
    const id = type && idOf(type)
    const wanted = id ?? (path === rootPath ? 'root' : (/(\w+)\W*$/.exec(path)?.[1] ?? 'schema'))
    let name = wanted
    for (let i = 2; Object.hasOwn(definitions, name) || taken(name); i++) name = `${wanted}${i}`
    return name
  }

  /** Payloads and locks have no key `__proto__`. */
  const taken = (name: string): boolean =>
    name === '__proto__' || [...active.values()].some((entry) => entry.name === name)

  const tree = orInfinite(() => context.lower(schema, rootPath))
  if (problems.length > 0) throw unsupportedError(problems)
  const root = hoistShared(tree, definitions, (node) => nameFor(lowered.originOf(node)))
  const defs = Object.keys(definitions).length > 0 ? { $defs: definitions } : {}
  return { schema: { $schema: schemaDialect, ...root, ...defs }, appOnly: [...appOnly] }
}

const reference = (name: string): string => `#/$defs/${name}`

/** Every cycle of a zod tree contains one of these. */
const canRecur = (type: $ZodTypes): boolean => type._zod.def.type === 'object' || type._zod.def.type === 'lazy'

function lowerType(
  context: LoweringContext,
  type: $ZodTypes,
  path: string,
  inherited: readonly NormOp[],
): SchemaDocument {
  const norm = inOrder([...inherited, ...normsOf(type)])
  const { def } = type._zod
  const problem = coercionProblem(type)
  if (problem !== undefined) return context.reject(path, problem)
  if (def.type === 'string') return lowerString(context, [type], path, norm)
  if (def.type === 'number') return noNorm(context, norm, path, lowerNumber(context, [type], path))
  if (def.type === 'bigint') return noNorm(context, norm, path, lowerBigint(context, type, path))
  if (def.type === 'array') return noNorm(context, norm, path, lowerArray(context, def, path))
  if (def.type === 'tuple') return noNorm(context, norm, path, lowerTuple(context, def, path))
  // The checks of a date or a map say nothing beside that JSON has none.
  if (!isOutsideJson(type)) lowerChecks(context, def.checks, path)
  switch (def.type) {
    case 'template_literal':
      return lowerTemplate(context, type as $ZodTemplateLiteral, path, norm)
    case 'literal':
      return lowerLiteral(context, def.values, path, norm)
    case 'enum':
      // The values of zod's own check, without the reverse mapping of a TypeScript enum.
      return lowerLiteral(context, type._zod.values ?? [], path, norm)
    case 'nullable':
      return orNull(context.lower(def.innerType, path, norm))
    // Optionality and defaults are read by absence.ts; elsewhere JSON has no `undefined` to accept.
    case 'optional':
    case 'nonoptional':
    case 'readonly':
    case 'default':
    case 'prefault':
      return context.lower(def.innerType, path, norm)
    case 'catch':
      context.reject(path, unsupportedType(type))
      return context.lower(def.innerType, path, norm)
    case 'pipe':
      return lowerPipe(context, type as $ZodPipe, path, norm)
    case 'lazy':
      return isJsonValue(type as $ZodLazy)
        ? noNorm(context, norm, path, {})
        : context.lower((type as $ZodLazy)._zod.innerType, path, norm)
    default:
      return noNorm(context, norm, path, lowerPlain(context, type, path))
  }
}

function lowerPlain(context: LoweringContext, type: $ZodTypes, path: string): SchemaDocument {
  const { def } = type._zod
  switch (def.type) {
    case 'boolean':
      return { type: 'boolean', ...coerceKeyword(type) }
    case 'null':
      return { type: 'null' }
    case 'custom':
      keepInApp(context, path, 'custom', unsupportedType(type))
      return {}
    case 'transform':
      keepInApp(context, path, 'transform', unsupportedType(type))
      return {}
    case 'any':
    case 'unknown':
      return {}
    case 'object':
      return lowerObject(context, def, path)
    case 'record':
      return lowerRecord(context, def, path)
    case 'union':
      return lowerUnion(context, type as $ZodUnion, path)
    case 'intersection':
      return lowerIntersection(context, def, path)
    default:
      return context.reject(path, unsupportedType(type))
  }
}

function noNorm(context: LoweringContext, norm: readonly NormOp[], path: string, node: SchemaDocument): SchemaDocument {
  if (norm.length === 0) return node
  return context.reject(path, 'norm() is on a schema that is not a string; put it on the strings inside')
}

/** A getter or z.lazy makes a new schema at each read: no walk ends. */
class InfiniteSchema extends Error {
  readonly path: string

  constructor(path: string) {
    super()
    this.path = path
  }
}

function orInfinite(lower: () => SchemaDocument): SchemaDocument {
  try {
    return lower()
  } catch (error) {
    if (!(error instanceof InfiniteSchema)) throw error
    const path = error.path.length > 60 ? `${error.path.slice(0, 60)}…` : error.path
    const problem =
      'the schema is infinite: a function makes a new schema at each read; write one constant that refers to itself: ' +
      'const Tree = z.object({ get left() { return Tree.optional() } })'
    throw unsupportedError([{ path, problem }])
  }
}

interface Lowered extends Origin {
  readonly inherited: readonly NormOp[]
  readonly node: SchemaDocument
  /** Some place inside is a problem, or stays in the app. */
  readonly hasPlaces: boolean
}

/** How often a schema is walked again only to list the places inside it under another path. */
const maxRepeats = 2_000

/** The documents of the schemas so far, by zod def and the operations around it: a schema used again is not walked again. */
class LoweredSchemas {
  readonly #known = new Map<object, Map<string, Lowered>>()
  readonly #origins = new Map<SchemaDocument, Origin>()
  #repeats = 0

  get(type: $ZodTypes, inherited: readonly NormOp[]): SchemaDocument | undefined {
    const known = this.#known.get(type._zod.def)?.get(inherited.join())
    return known?.hasPlaces === true && this.#repeats++ < maxRepeats ? undefined : known?.node
  }

  add(lowered: Lowered): SchemaDocument {
    const { type, inherited, node } = lowered
    const { def } = type._zod
    const byNorm = this.#known.get(def) ?? new Map<string, Lowered>()
    this.#known.set(def, byNorm)
    const key = inherited.join()
    const known = byNorm.get(key)
    if (known !== undefined) return known.node
    byNorm.set(key, lowered)
    if (!this.#origins.has(node)) this.#origins.set(node, lowered)
    return node
  }

  /** Where a document was made first; undefined for one that is part of what a schema became. */
  originOf(node: SchemaDocument): Origin | undefined {
    return this.#origins.get(node)
  }
}

/** What stands in the place of a schema. */
function foreignSchema(value: unknown): string {
  if (value === undefined || value === null) return `${value} is not a schema; write one, or drop the key`
  const isZod3 = typeof value === 'object' && '_def' in value
  return `not a schema of zod 4${isZod3 ? ' but of zod 3' : ''}; import all parts from zod 4.6 or later`
}

function placesText(paths: readonly string[]): string {
  const more = paths.length - maxPlaces
  return more > 0 ? `${paths.slice(0, maxPlaces).join(', ')} and ${more} more` : paths.join(', ')
}

function unsupportedError(problems: readonly UnsupportedPlace[]): SidelaneError {
  return new SidelaneError('contract.unsupported', {
    message: refusalText(
      problems.map(({ path, problem }) => ({ place: path, problem })),
      placesText,
    ),
    params: { path: (problems[0] as UnsupportedPlace).path, refusals: problems },
  })
}
