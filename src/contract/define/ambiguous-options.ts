// Options of a plain union that only code tells apart: the app may take another option than the contract, and where options
// change the document it would be another document.

import type { $ZodLazy, $ZodType, $ZodTypes } from 'zod/v4/core'
import { jsonTypesOf, propertyOf, valuesOf, type SchemaDocument } from '../schema-document.ts'
import type { LoweringContext } from './context.ts'
import { changesDocument, hasCode } from './effects.ts'

/** Records a problem for each option that the contract may take, but the app reject, in favour of a later one. */
export function rejectAmbiguous(
  context: LoweringContext,
  options: readonly $ZodType[],
  nodes: readonly SchemaDocument[],
  path: string,
): void {
  const withCode = options.map(hasCode)
  if (!withCode.includes(true)) return
  const changing = options.map((option) => changesDocument(option, context.options))
  // A shared definition is known by its zod type only.
  const comparable = nodes.map((node, i) =>
    node.$ref !== undefined && isObject(options[i] as $ZodType) ? { type: 'object' } : node,
  )
  const mayChange = (i: number, j: number): boolean => changing[i] === true || changing[j] === true
  const isAmbiguous = withCode.some(
    (code, i) =>
      code &&
      comparable.some((node, j) => j > i && mayChange(i, j) && !disjoint(comparable[i] as SchemaDocument, node)),
  )
  if (isAmbiguous) {
    context.reject(
      path,
      'which option applies is decided by code that stays in the app, and the options change the document (z.object(), ' +
        '.default(), .trim(), z.coerce); write z.discriminatedUnion(), or put the code behind the union',
    )
  }
}

/** True for an object, also behind z.lazy(). */
function isObject(schema: $ZodType): boolean {
  let type = schema as $ZodTypes
  for (let i = 0; i < maxLazy && type._zod.def.type === 'lazy'; i++)
    type = (type as $ZodLazy)._zod.innerType as $ZodTypes
  return type._zod.def.type === 'object'
}

/** A z.lazy() may return itself. */
const maxLazy = 20

/** True when no value is of both nodes: other JSON types, or objects that no value can be both of. */
const disjoint = (a: SchemaDocument, b: SchemaDocument): boolean =>
  branchesOf(a).every((one) => branchesOf(b).every((other) => disjointBranches(one, other)))

const branchesOf = (node: SchemaDocument): readonly SchemaDocument[] =>
  (node.anyOf ?? node.oneOf)?.flatMap(branchesOf) ?? [node]

function disjointBranches(a: SchemaDocument, b: SchemaDocument): boolean {
  const [left, right] = [jsonTypesOf(a), jsonTypesOf(b)]
  if (left === undefined || right === undefined) return false
  if (!left.some((type) => right.includes(type))) return true
  if (a.type !== 'object' || b.type !== 'object') return false
  return otherConstant(a, b) || requiresUnknown(a, b) || requiresUnknown(b, a)
}

/** A member that both require, with other fixed values. */
const otherConstant = (a: SchemaDocument, b: SchemaDocument): boolean =>
  (a.required ?? []).some((key) => {
    const [one, other] = [fixedValuesOf(propertyOf(a, key)), fixedValuesOf(propertyOf(b, key))]
    if (one === undefined || other === undefined || b.required?.includes(key) !== true) return false
    return !one.some((value) => other.includes(value))
  })

/** A member that one requires, and the other one, which is strict, does not know. */
const requiresUnknown = (a: SchemaDocument, b: SchemaDocument): boolean =>
  b.additionalProperties === false && (a.required ?? []).some((key) => !Object.hasOwn(b.properties ?? {}, key))

/** The values of a node whose text is not changed. */
const fixedValuesOf = (node: SchemaDocument | undefined): readonly unknown[] | undefined =>
  node === undefined || node['x-norm'] !== undefined ? undefined : valuesOf(node)
