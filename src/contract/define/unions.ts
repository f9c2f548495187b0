// Unions: anyOf, lists of scalar types, `[X, null]`, and discriminated unions (oneOf).

import type { $ZodDiscriminatedUnion, $ZodType, $ZodUnion } from 'zod/v4/core'
import { isCoerced, isNull, propertyOf, unionOf, type SchemaDocument } from '../schema-document.ts'
import { pathTo } from '../index.ts'
import { rejectAmbiguous } from './ambiguous-options.ts'
import type { LoweringContext } from './context.ts'
import { safeParse } from './run-zod.ts'
import { isOutsideJson } from './unsupported-types.ts'

export function lowerUnion(context: LoweringContext, type: $ZodUnion, path: string): SchemaDocument {
  const { def } = type._zod
  const options = def.options
  const { discriminator } = def as { discriminator?: string }
  if (discriminator !== undefined) {
    return lowerDiscriminated(context, type as $ZodDiscriminatedUnion, discriminator, path)
  }
  if (def.inclusive === false) {
    return context.reject(
      path,
      'z.xor() rejects what two options accept, so that every option must run; write z.union() or z.discriminatedUnion()',
    )
  }
  // z.undefined() or z.date() accepts no payload, and no missing member.
  const taken = possibleOptions(options, isOutsideJson)
  const lowered = taken.map(({ option, index }) => context.lower(option, pathTo.option(path, index)))
  // An option that is given twice is tried once.
  const nodes = [...new Set(lowered.flatMap(branches))]
  const schemas = taken.map(({ option }) => option)
  rejectAmbiguous(context, schemas, lowered, path)
  if (nodes.length === 0) return context.reject(path, 'a union without options accepts no value; drop it')
  return unionOf(withConvertedNull(nodes))
}

/** The options that accept some payload; all of them where none does, so that lowering rejects them. */
function possibleOptions(
  options: readonly $ZodType[],
  isImpossible: (option: $ZodType) => boolean,
): readonly { readonly option: $ZodType; readonly index: number }[] {
  const all = options.map((option, index) => ({ option, index }))
  const possible = all.filter(({ option }) => !isImpossible(option))
  return possible.length > 0 ? possible : all
}

/** A union nested in a union is flattened: the verdict is the same. */
const branches = (node: SchemaDocument): readonly SchemaDocument[] => node.anyOf ?? [node]

/** A coerced scalar ahead of null converts null itself; a contract keeps the null of a pair where it is a type. */
function withConvertedNull(nodes: readonly SchemaDocument[]): readonly SchemaDocument[] {
  const [first, second] = nodes
  if (nodes.length !== 2 || first === undefined || second === undefined) return nodes
  return isCoerced(first) && isNull(second) ? [first, { const: null }] : nodes
}

/** One option applies at most, by the value of `key`: where the lock can say so (oneOf), else as a plain union. */
function lowerDiscriminated(
  context: LoweringContext,
  type: $ZodDiscriminatedUnion,
  key: string,
  path: string,
): SchemaDocument {
  // An option with z.undefined() as its key accepts no payload: zod wants the key there.
  const taken = possibleOptions(type._zod.def.options, (option) => isOutsideJson(memberOf(option, key)))
  const options = taken.map(({ option }) => option)
  const problem = discriminatorProblem(type)
  const nodes = taken.map(({ option, index }) => context.lower(option, pathTo.option(path, index)))
  if (problem !== undefined) {
    return context.reject(
      path,
      `zod itself throws at the first payload: ${problem}; make "${key}" a literal or an enum`,
    )
  }
  // A nested discriminated union over the same key is flattened.
  const flat = nodes.flatMap((node) => (node['x-discriminator'] === key ? (node.oneOf ?? []) : [node]))
  if (flat.every((node) => isToldApart(node, key)) && options.every((option) => isAlwaysThere(option, key))) {
    return { oneOf: flat, 'x-discriminator': key }
  }
  // A payload without the key chooses an option only where a single one may lack it.
  const lacking = options.filter((option) => !isAlwaysThere(option, key))
  if (lacking.length === 1 || type._zod.def.unionFallback === true) return unionOf(nodes.flatMap(branches))
  return unionOf(nodes.flatMap(branches).map((node) => withKey(context, node, key, path)))
}

const memberOf = (option: $ZodType, key: string): unknown =>
  (option._zod?.def as { shape?: Record<string, unknown> } | undefined)?.shape?.[key]

/** The option, for payloads that have the key. */
function withKey(context: LoweringContext, node: SchemaDocument, key: string, path: string): SchemaDocument {
  if (node.oneOf !== undefined) return { ...node, oneOf: node.oneOf.map((each) => withKey(context, each, key, path)) }
  if (node.$ref !== undefined) {
    return context.reject(path, `"${key}" may be absent in several options, one of them recursive; make it required`)
  }
  const property = propertyOf(node, key)
  if (property === undefined || node.required?.includes(key) === true) return node
  const { default: _, ...present } = property
  const properties = { ...node.properties, [key]: present }
  return { ...node, properties, required: [...(node.required ?? []), key] }
}

/** What zod throws at the first payload: it looks at the options as late as that. */
function discriminatorProblem(type: $ZodType): string | undefined {
  try {
    safeParse(type, {})
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    return /^(?:Invalid discriminated union option|Duplicate discriminator value)/.test(message) ? message : undefined
  }
}

/** A lock reads the discriminator before it normalizes or fills in anything. A reference is to a recursive object. */
function isToldApart(node: SchemaDocument, key: string): boolean {
  if (node.$ref !== undefined) return true
  const { const: value, enum: values, ...others } = propertyOf(node, key) ?? {}
  return (value !== undefined || values !== undefined) && !('x-norm' in others) && !('default' in others)
}

const isAlwaysThere = (option: $ZodType, key: string): boolean =>
  Object.hasOwn(option._zod.propValues ?? {}, key) && option._zod.propValues?.[key]?.has(undefined) === false
