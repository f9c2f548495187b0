// Unions: anyOf, lists of scalar types, `[X, null]`, and discriminated unions (oneOf).

import type { $ZodDiscriminatedUnionDef, $ZodType, $ZodUnion } from 'zod/v4/core'
import { bareTypes, isCoerced, isNull, orNull, type SchemaDocument } from '../schema-document.ts'
import { pathTo } from '../index.ts'
import { rejectAmbiguous } from './ambiguous-options.ts'
import type { LoweringContext } from './context.ts'

export function lowerUnion(context: LoweringContext, type: $ZodUnion, path: string): SchemaDocument {
  const { def } = type._zod
  const options = def.options
  const { discriminator } = def as { discriminator?: string }
  if (discriminator !== undefined) return lowerDiscriminated(context, type, discriminator, path)
  if (def.inclusive === false) {
    return context.reject(
      path,
      'z.xor() rejects what two options accept, so that every option must run; write z.union() or z.discriminatedUnion()',
    )
  }
  const lowered = options.map((option, i) => context.lower(option, pathTo.option(path, i)))
  const nodes = lowered.flatMap(branches)
  rejectAmbiguous(context, options, lowered, path)
  if (nodes.length === 0) return context.reject(path, 'a union without options accepts no value; drop it')
  return unionOf(nodes)
}

/** A union nested in a union is flattened: the verdict is the same. */
const branches = (node: SchemaDocument): readonly SchemaDocument[] => node.anyOf ?? [node]

function unionOf(nodes: readonly SchemaDocument[]): SchemaDocument {
  if (nodes.length === 1) return nodes[0] as SchemaDocument
  const bare = nodes.map(bareTypes)
  if (bare.every((types) => types !== undefined)) {
    const types = [...new Set(bare.flat())]
    return { type: types.length === 1 ? (types[0] as string) : types }
  }
  const others = nodes.filter((node) => !isNull(node))
  // A coerced scalar ahead of null takes null itself.
  if (nodes.length === 2 && others.length === 1 && !nodes.some(isCoerced)) return orNull(others[0] as SchemaDocument)
  return { anyOf: [...nodes] }
}

/**
 * A union whose key decides. zod looks the key's value up before it runs an option. Options that a `oneOf` cannot tell apart (an optional or nullable key, options that
 * are unions themselves) become `anyOf`: the values of the key are disjoint, so at most one option accepts.
 */
function lowerDiscriminated(context: LoweringContext, type: $ZodUnion, key: string, path: string): SchemaDocument {
  const { options, unionFallback } = type._zod.def as $ZodDiscriminatedUnionDef
  const broken = brokenDiscriminator(type)
  if (broken !== undefined) {
    return context.reject(
      path,
      `zod itself throws here at the first parse ("${broken}"); give each option its own "${key}"`,
    )
  }
  const withoutKey = options.filter((option) => option._zod.propValues?.[key]?.has(undefined))
  const nodes = options.flatMap((option, i) => {
    const optionPath = pathTo.option(path, i)
    const node = context.lower(option, optionPath)
    const nested = node.oneOf ?? node.anyOf ?? [node]
    // A missing key chooses an option only when it is the only one that may lack it.
    const mayLack = unionFallback === true || (withoutKey.length === 1 && withoutKey[0] === option)
    const decided = mayLack ? nested : nested.map((branch) => requirePresent(branch, key))
    for (const branch of decided) {
      if (branch.properties?.[key]?.['x-norm'] === undefined) continue
      const at = pathTo.property(optionPath, key)
      context.reject(at, 'norm() on a discriminator: it is read before anything is normalized; drop the norm()')
    }
    return decided
  })
  return nodes.every((node) => isDecidedBy(node, key)) ? { oneOf: nodes, 'x-discriminator': key } : unionOf(nodes)
}

/** What zod throws about its own options, when it first parses. */
function brokenDiscriminator(type: $ZodUnion): string | undefined {
  try {
    void type._zod.run({ value: {}, issues: [] }, {})
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return undefined
}

/** The option without its rule for a missing key. */
function requirePresent(node: SchemaDocument, key: string): SchemaDocument {
  const property = node.properties?.[key]
  if (property === undefined || node.required?.includes(key)) return node
  const { default: _, ...present } = property
  return {
    ...node,
    properties: { ...node.properties, [key]: present },
    required: [...(node.required ?? []), key],
  }
}

/** True for an object that requires the key with listed values; a reference is resolved by the lock's parser. */
function isDecidedBy(node: SchemaDocument, key: string): boolean {
  if (node.$ref !== undefined) return true
  const property = node.properties?.[key]
  if (property === undefined) return Object.keys(node).length === 0
  return node.required?.includes(key) === true && (property.const !== undefined || property.enum !== undefined)
}
