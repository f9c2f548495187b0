// Options of a plain union that only code tells apart: the app may take another option than the contract, and where options
// change the document it would be another document.

import type { $ZodType } from 'zod/v4/core'
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
  const told = nodes.map((node, i) =>
    node.$ref !== undefined && options[i]?._zod.def.type === 'object' ? { type: 'object' } : node,
  )
  const mayChange = (i: number, j: number): boolean => changing[i] === true || changing[j] === true
  const isAmbiguous = withCode.some(
    (code, i) => code && told.some((node, j) => j > i && mayChange(i, j) && !disjoint(told[i] as SchemaDocument, node)),
  )
  if (isAmbiguous) {
    context.reject(
      path,
      'which option applies is decided by code that stays in the app, and the options change the document (z.object(), ' +
        '.default(), .trim(), z.coerce); write z.discriminatedUnion(), or put the code behind the union',
    )
  }
}

/** True when no value is of both nodes: other JSON types, or members with other fixed values. */
function disjoint(a: SchemaDocument, b: SchemaDocument): boolean {
  const [left, right] = [typesOf(a), typesOf(b)]
  if (left === undefined || right === undefined) return false
  if (!left.some((type) => right.includes(type))) return true
  if (left.length > 1 || right.length > 1 || left[0] !== 'object') return false
  return (a.required ?? []).some((key) => {
    const [one, other] = [fixedValuesOf(propertyOf(a, key)), fixedValuesOf(propertyOf(b, key))]
    if (one === undefined || other === undefined || b.required?.includes(key) !== true) return false
    return !one.some((value) => other.includes(value))
  })
}

/** The JSON types of a node; undefined where they are not known here. */
function typesOf(node: SchemaDocument): readonly string[] | undefined {
  const types = jsonTypesOf(node)
  if (types !== undefined) return types
  const branches = (node.anyOf ?? node.oneOf)?.map(typesOf)
  return branches?.every((some) => some !== undefined) === true ? branches.flat() : undefined
}

/** The values of a node whose text is not changed. */
const fixedValuesOf = (node: SchemaDocument | undefined): readonly unknown[] | undefined =>
  node === undefined || node['x-norm'] !== undefined ? undefined : valuesOf(node)
