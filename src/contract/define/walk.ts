// The walk over a zod tree: dispatch by type, recursion, and the list of refusals. What one family of types becomes is
// in its own file; what vanishes or cannot be carried is in refused.ts.

import type { $ZodLazy, $ZodTemplateLiteral, $ZodType, $ZodTypes } from 'zod/v4/core'
import { type NormOp, SidelaneError } from '../../model/index.ts'
import { annotationsOf, hasHandmadeNorm, idOf } from './annotations.ts'
import { lowerChecks } from './checks.ts'
import { lowerArray, lowerTuple } from './collections.ts'
import type { SchemaDocument } from './document.ts'
import { orNull } from './document.ts'
import { lowerIntersection } from './intersections.ts'
import { isJsonValue } from './json-value.ts'
import { inOrder, normsOf } from './norm.ts'
import { lowerNumber } from './numbers.ts'
import { lowerObject } from './objects.ts'
import { rootPath } from './paths.ts'
import { lowerRecord } from './records.ts'
import { refusedType } from './unsupported-types.ts'
import { lowerString, lowerTemplate } from './strings.ts'
import { lowerUnion } from './unions.ts'
import { lowerEnum, lowerLiteral } from './literals.ts'

export interface WalkOptions {
  /** How a bare `z.object` is read; undefined: it is refused. */
  readonly objects?: 'strict' | 'loose' | undefined
  /** Refinements are left out of the lock and listed, instead of refused. */
  readonly refinementsInAppOnly: boolean
}

export interface Refusal {
  /** Where in the zod schema: `customer.email` (paths.ts). */
  readonly path: string
  /** What is wrong, and what to write instead. */
  readonly problem: string
}

/** What a family's file sees of the walk. */
export interface Walk {
  readonly options: WalkOptions
  /** The document of a schema; `norm`: what wrappers around it asked for. */
  lower(schema: $ZodType, path: string, norm?: readonly NormOp[]): SchemaDocument
  /** Notes a refusal and gives a placeholder, so that the walk finds the other ones too. */
  refuse(path: string, problem: string): SchemaDocument
  /** How many refusals there are by now. */
  readonly refusalCount: number
  /** Notes a refinement that stays in the app. */
  keepInApp(path: string): void
}

/** A schema that is being walked; it gets a name when it is met again inside itself. */
interface Open {
  readonly type: $ZodType
  readonly path: string
  name?: string
}

/** No sane schema nests deeper; a getter that makes a new schema at each reading would never end. */
const maxNesting = 120
const maxListed = 20
const schemaDialect = 'https://json-schema.org/draft/2020-12/schema'

/**
 * The schema as a p1 document, and where refinements were left out.
 *
 * Throws `contract.unsupported` with *all* refusals in its message (up to 20) and `params: { path, refusals }`.
 */
export function walkSchema(schema: $ZodType, options: WalkOptions): { schema: SchemaDocument; appOnly: string[] } {
  const refusals: Refusal[] = []
  const appOnly = new Set<string>()
  const definitions: Record<string, SchemaDocument> = {}
  /** Definitions being walked, or known to be recursive, by their zod def: clones with other metadata share it. */
  const active = new Map<object, Open>()
  const recursive = new Map<object, string>()
  let nesting = 0

  const walk: Walk = {
    options,
    get refusalCount() {
      return refusals.length
    },
    refuse(path, problem) {
      if (!refusals.some((refusal) => refusal.path === path && refusal.problem === problem))
        refusals.push({ path, problem })
      return {}
    },
    keepInApp: (path) => void appOnly.add(path),
    lower(given, path, inherited = []) {
      const type = given as $ZodTypes
      if (++nesting > maxNesting) {
        nesting--
        return walk.refuse(path, 'the schema never ends; point back to one schema, by a getter or z.lazy')
      }
      if (hasHandmadeNorm(given)) walk.refuse(path, "meta 'x-norm' has no effect; write norm(schema, [...])")
      const annotations = annotationsOf(given)
      const node = canRecur(type) ? lowerNamed(type, path, inherited) : lowerType(walk, type, path, inherited)
      nesting--
      return { ...node, ...annotations }
    },
  }

  function lowerNamed(type: $ZodTypes, path: string, inherited: readonly NormOp[]): SchemaDocument {
    const { def } = type._zod
    const known = recursive.get(def)
    if (known !== undefined) return { $ref: known }
    const open = active.get(def)
    if (open !== undefined) {
      open.name ??= nameFor(open)
      return { $ref: reference(open.name) }
    }
    const entry: Open = { type, path }
    active.set(def, entry)
    const node = lowerType(walk, type, path, inherited)
    active.delete(def)
    if (entry.name === undefined) return node
    definitions[entry.name] = node
    const ref = reference(entry.name)
    recursive.set(def, ref)
    return { $ref: ref }
  }

  function nameFor({ type, path }: Open): string {
    const wanted = idOf(type) ?? (path === rootPath ? 'root' : (/(\w+)\W*$/.exec(path)?.[1] ?? 'schema'))
    let name = wanted
    for (let i = 2; Object.hasOwn(definitions, name) || taken(name); i++) name = `${wanted}${i}`
    return name
  }

  const taken = (name: string): boolean => [...active.values()].some((entry) => entry.name === name)

  const root = walk.lower(schema, rootPath)
  if (refusals.length > 0) throw refusalError(refusals)
  const defs = Object.keys(definitions).length > 0 ? { $defs: definitions } : {}
  return { schema: { $schema: schemaDialect, ...root, ...defs }, appOnly: [...appOnly] }
}

const reference = (name: string): string => `#/$defs/${name}`

/** Every cycle of a zod tree passes through one of these. */
const canRecur = (type: $ZodTypes): boolean => type._zod.def.type === 'object' || type._zod.def.type === 'lazy'

function lowerType(walk: Walk, type: $ZodTypes, path: string, inherited: readonly NormOp[]): SchemaDocument {
  const norm = inOrder([...inherited, ...normsOf(type)])
  const { def } = type._zod
  if ((def as { coerce?: boolean }).coerce === true) {
    return walk.refuse(
      path,
      `z.coerce.${def.type}() turns one value into another; write z.${def.type}() and convert in the app`,
    )
  }
  if (def.type === 'string') return lowerString(walk, type, path, norm)
  if (def.type === 'number') return noNorm(walk, norm, path, lowerNumber(walk, type, path))
  if (def.type === 'array') return noNorm(walk, norm, path, lowerArray(walk, def, path))
  if (def.type === 'tuple') return noNorm(walk, norm, path, lowerTuple(walk, def, path))
  lowerChecks(walk, def.checks, path)
  switch (def.type) {
    case 'template_literal':
      return lowerTemplate(walk, type as $ZodTemplateLiteral, path, norm)
    case 'literal':
      return lowerLiteral(walk, def.values, path, norm)
    case 'enum':
      return lowerEnum(walk, type, path, norm)
    case 'nullable':
      return orNull(walk.lower(def.innerType, path, norm))
    // Presence is read by objects.ts and collections.ts; elsewhere JSON has no `undefined` to accept.
    case 'optional':
    case 'nonoptional':
    case 'readonly':
      return walk.lower(def.innerType, path, norm)
    case 'lazy':
      return isJsonValue(type as $ZodLazy)
        ? noNorm(walk, norm, path, {})
        : walk.lower((type as $ZodLazy)._zod.innerType, path, norm)
    default:
      return noNorm(walk, norm, path, lowerPlain(walk, type, path))
  }
}

function lowerPlain(walk: Walk, type: $ZodTypes, path: string): SchemaDocument {
  const { def } = type._zod
  switch (def.type) {
    case 'boolean':
    case 'null':
      return { type: def.type }
    case 'any':
    case 'unknown':
      return {}
    case 'object':
      return lowerObject(walk, def, path)
    case 'record':
      return lowerRecord(walk, def, path)
    case 'union':
      return lowerUnion(walk, def, path)
    case 'intersection':
      return lowerIntersection(walk, def, path)
    default:
      return walk.refuse(path, refusedType(type))
  }
}

function noNorm(walk: Walk, norm: readonly NormOp[], path: string, node: SchemaDocument): SchemaDocument {
  if (norm.length === 0) return node
  return walk.refuse(path, 'norm() stands here on something that is not one string form; put it on the strings inside')
}

function refusalError(refusals: readonly Refusal[]): SidelaneError {
  const lines = refusals.slice(0, maxListed).map(({ path, problem }) => `  ${path}: ${problem}`)
  if (refusals.length > maxListed) lines.push(`  … and ${refusals.length - maxListed} more`)
  return new SidelaneError('contract.unsupported', {
    message: `The schema cannot become a contract as it is:\n${lines.join('\n')}`,
    params: { path: (refusals[0] as Refusal).path, refusals },
  })
}
