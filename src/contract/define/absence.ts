// What zod makes of a missing value: of a member, an item at the end of a tuple, a listed key of a record. zod keeps this in
// the schema of the value (`optin`, `.default()`), a lock in the object's `required`, the tuple's `minItems` and `default`.

import type { $ZodType, $ZodTypes } from 'zod/v4/core'
import type { SchemaDocument } from '../schema-document.ts'
import { isCoerced } from './coerce.ts'
import type { LoweringContext } from './context.ts'
import { changesDocument, hasCode, hasConversion } from './effects.ts'
import { foldPipe } from './fold-pipe.ts'
import { frozenValue, type FrozenValue } from './frozen-value.ts'
import { jsonData, type JsonData } from './json-data.ts'
import { normsOf } from './norm.ts'
import { messageOf, safeParse } from './run-zod.ts'
import { isSchema, someSchema } from './traverse.ts'

/** What stands in place of a missing value; `rejected`: zod reports an issue. */
export type Absent =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'value'; readonly value: JsonData }
  | { readonly kind: 'rejected' }

const nothing: Absent = { kind: 'nothing' }
const rejected: Absent = { kind: 'rejected' }

/** What zod makes of `undefined`, where it does not look whether the value is present. */
export function absentValue(context: LoweringContext, schema: $ZodType, path: string): Absent {
  const seen = new Set<object>()
  const read = (next: $ZodType): Absent => {
    if (!isSchema(next)) return rejected
    const type = next as $ZodTypes
    const { def } = type._zod
    if (seen.has(def)) return rejected
    seen.add(def)
    if (isCoerced(type)) return coerced(type)
    switch (def.type) {
      case 'any':
      case 'unknown':
      case 'custom':
      case 'transform':
      case 'undefined':
      case 'void':
        return nothing
      case 'literal':
        return def.values.includes(undefined) ? nothing : rejected
      case 'default':
        return written(
          context,
          path,
          '.default()',
          frozenValue(() => def.defaultValue),
        )
      case 'prefault':
        return prefaulted(context, def.innerType, () => def.defaultValue, path)
      case 'optional':
        if (def.innerType._zod.optin === 'defaulted') return read(def.innerType)
        return type._zod.traits.has('$ZodExactOptional') ? read(def.innerType) : nothing
      case 'nullable':
      case 'readonly':
        return read(def.innerType)
      case 'nonoptional': {
        const inner = read(def.innerType)
        return inner.kind === 'nothing' ? rejected : inner
      }
      case 'lazy':
        return read((type as { _zod: { innerType: $ZodType } })._zod.innerType)
      case 'union':
        return def.options.map(read).find(({ kind }) => kind !== 'rejected') ?? rejected
      case 'pipe': {
        const first = read(def.in)
        if (first.kind !== 'value' || foldPipe(type) === undefined) return first
        return piped(context, def.out, first.value, path)
      }
      default:
        return rejected
    }
  }
  return read(schema)
}

/** Of a member, as zod's objects read it. */
export function absentMember(context: LoweringContext, schema: $ZodType, path: string): Absent {
  if (!isSchema(schema)) return nothing
  const { optin, optout } = schema._zod
  if (optin === undefined) return rejected
  const leavesOut = optout === 'optional'
  if (optin === 'optional' && leavesOut) return nothing
  const absent = absentValue(context, schema, path)
  return absent.kind === 'rejected' && leavesOut ? nothing : absent
}

/** The node with its default; the same object without one, so that a schema used twice stays one. */
export const withDefault = (node: SchemaDocument, absent: Absent | undefined): SchemaDocument =>
  absent?.kind === 'value' ? { ...node, default: absent.value } : node

/** What zod makes of `Boolean(undefined)`, `String(undefined)` and `Number(undefined)`. Checks of the app run later. */
function coerced(type: $ZodTypes): Absent {
  if (hasCode(type)) return type._zod.def.type === 'number' ? rejected : { kind: 'value', value: plainCoerced(type) }
  const result = safeParse(type, undefined)
  const value = result.success ? jsonData(result.data) : undefined
  return value === undefined ? rejected : { kind: 'value', value }
}

const plainCoerced = (type: $ZodTypes): JsonData => (type._zod.def.type === 'boolean' ? false : 'undefined')

function written(context: LoweringContext, path: string, call: string, found: FrozenValue): Absent {
  if ('problem' in found) {
    context.reject(
      path,
      `the value of ${call} ${found.problem}, so a lock cannot hold it; write a fixed value of JSON, or .optional() and ` +
        'fill it in by the app',
    )
    return nothing
  }
  return found.value === undefined ? nothing : { kind: 'value', value: found.value }
}

/** The value as the inner schema makes it, which must accept it. */
function prefaulted(context: LoweringContext, inner: $ZodType, read: () => unknown, path: string): Absent {
  const problem = (text: string): Absent => {
    context.reject(path, `.prefault() ${text}`)
    return nothing
  }
  if (someSchema(inner, (schema) => normsOf(schema).length > 0))
    return problem('over norm() is not normalized by zod; write .default() with the normalized value')
  const converts = hasConversion(inner)
  if (converts && changesDocument(inner, context.options))
    return problem(
      'over a conversion of the app cannot be processed here; write .default() with the value as it shall be read',
    )
  let refused: string | undefined
  const found = frozenValue(() => {
    const value = read()
    if (value === undefined) return undefined
    const result = safeParse(inner, value)
    if (!result.success) {
      refused ??= messageOf(result.issues[0] as (typeof result.issues)[number])
      return converts ? value : undefined
    }
    return converts ? value : result.data
  })
  if (refused !== undefined) return problem(`has a value that its own schema rejects (${refused}); correct the value`)
  return written(context, path, '.prefault()', found)
}

/** A default ahead of a `.pipe()` that is part of the contract goes through it. */
function piped(context: LoweringContext, out: $ZodType, value: JsonData, path: string): Absent {
  const result = safeParse(out, value)
  const data = result.success ? jsonData(result.data) : undefined
  if (data !== undefined) return { kind: 'value', value: data }
  context.reject(path, 'the value of .default() is rejected by the .pipe() behind it; correct the value')
  return nothing
}
