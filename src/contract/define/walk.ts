// The walk over a zod tree: dispatch by type, recursion, and the list of problems. Each family of types is lowered in
// a file of its own; unsupported types are in unsupported-types.ts.

import type { $ZodLazy, $ZodTemplateLiteral, $ZodType, $ZodTypes } from 'zod/v4/core'
import { type NormOp, SidelaneError } from '../../model/index.ts'
import { annotationsOf, hasNormMetadata, idOf } from './annotations.ts'
import { lowerChecks } from './checks.ts'
import type { LoweringContext, LoweringOptions, UnsupportedPlace } from './context.ts'
import { lowerArray, lowerTuple } from './collections.ts'
import { orNull, type SchemaDocument } from '../schema-document.ts'
import { lowerIntersection } from './intersections.ts'
import { isJsonValue } from './json-value.ts'
import { inOrder, normsOf } from './norm.ts'
import { lowerNumber } from './numbers.ts'
import { lowerBigint } from './bigints.ts'
import { lowerObject } from './objects.ts'
import { rootPath } from '../index.ts'
import { lowerRecord } from './records.ts'
import { unsupportedType } from './unsupported-types.ts'
import { lowerString, lowerTemplate } from './strings.ts'
import { lowerUnion } from './unions.ts'
import { lowerLiteral } from './literals.ts'

/** A schema on the path from the root; it gets a name when it occurs again inside itself. */
interface ActiveSchema {
  readonly type: $ZodType
  readonly path: string
  name?: string
}

/** Ends the walk of a getter that returns a new schema at each read. */
const maxNesting = 120
const maxListed = 20
const schemaDialect = 'https://json-schema.org/draft/2020-12/schema'

/**
 * The schema as a p1 document, and where refinements were left out.
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
    keepInApp: (path) => void appOnly.add(path),
    lower(schema, path, inherited = []) {
      const type = schema as $ZodTypes
      if (++nesting > maxNesting) {
        nesting--
        return context.reject(path, 'the schema is infinite; refer back to one schema, by a getter or z.lazy')
      }
      if (hasNormMetadata(schema)) context.reject(path, "meta 'x-norm' has no effect; write norm(schema, [...])")
      const annotations = annotationsOf(schema)
      const node = canRecur(type) ? lowerNamed(type, path, inherited) : lowerType(context, type, path, inherited)
      nesting--
      return { ...node, ...annotations }
    },
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
    definitions[entry.name] = node
    const ref = reference(entry.name)
    recursive.set(def, ref)
    return { $ref: ref }
  }

  function nameFor({ type, path }: ActiveSchema): string {
    const wanted = idOf(type) ?? (path === rootPath ? 'root' : (/(\w+)\W*$/.exec(path)?.[1] ?? 'schema'))
    let name = wanted
    for (let i = 2; Object.hasOwn(definitions, name) || taken(name); i++) name = `${wanted}${i}`
    return name
  }

  const taken = (name: string): boolean => [...active.values()].some((entry) => entry.name === name)

  const root = context.lower(schema, rootPath)
  if (problems.length > 0) throw unsupportedError(problems)
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
  if ((def as { coerce?: boolean }).coerce === true) {
    return context.reject(
      path,
      `z.coerce.${def.type}() turns one value into another; write z.${def.type}() and convert in the app`,
    )
  }
  if (def.type === 'string') return lowerString(context, type, path, norm)
  if (def.type === 'number') return noNorm(context, norm, path, lowerNumber(context, type, path))
  if (def.type === 'bigint') return noNorm(context, norm, path, lowerBigint(context, type, path))
  if (def.type === 'array') return noNorm(context, norm, path, lowerArray(context, def, path))
  if (def.type === 'tuple') return noNorm(context, norm, path, lowerTuple(context, def, path))
  lowerChecks(context, def.checks, path)
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
    // Optionality is read by objects.ts and collections.ts; elsewhere JSON has no `undefined` to accept.
    case 'optional':
    case 'nonoptional':
    case 'readonly':
      return context.lower(def.innerType, path, norm)
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
    case 'null':
      return { type: def.type }
    case 'any':
    case 'unknown':
      return {}
    case 'object':
      return lowerObject(context, def, path)
    case 'record':
      return lowerRecord(context, def, path)
    case 'union':
      return lowerUnion(context, def, path)
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

function unsupportedError(problems: readonly UnsupportedPlace[]): SidelaneError {
  const lines = problems.slice(0, maxListed).map(({ path, problem }) => `  ${path}: ${problem}`)
  if (problems.length > maxListed) lines.push(`  … and ${problems.length - maxListed} more`)
  return new SidelaneError('contract.unsupported', {
    message: `The schema cannot become a contract as it is:\n${lines.join('\n')}`,
    params: { path: (problems[0] as UnsupportedPlace).path, refusals: problems },
  })
}
