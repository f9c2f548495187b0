// Objects: strictObject, looseObject, catchall, and bare z.object, which the option `objects` decides.

import type { $ZodObjectDef, $ZodType } from 'zod/v4/core'
import { setMember } from '../../json/index.ts'
import { isAny, type SchemaDocument } from '../schema-document.ts'
import { pathTo } from '../index.ts'
import { absentMember, withDefault } from './absence.ts'
import type { LoweringContext } from './context.ts'
import { isSchema } from './traverse.ts'

/** What happens to undeclared members: checked by a schema, kept, rejected, or dropped from the document. */
export type Additional = SchemaDocument | boolean | 'strip'

export function lowerObject(context: LoweringContext, def: $ZodObjectDef, path: string): SchemaDocument {
  const additional = additionalOf(context, def.catchall, path)
  const properties: Record<string, SchemaDocument> = {}
  const required: string[] = []
  for (const key of Reflect.ownKeys(def.shape)) {
    if (!isUsableKey(context, key, path)) continue
    const schema = def.shape[key] as $ZodType
    const at = pathTo.property(path, key)
    if (isSchema(schema) && mustBeAbsent(schema)) {
      setMember(properties, key, noValue)
      continue
    }
    const absent = absentMember(context, schema, at)
    setMember(properties, key, withDefault(context.lower(schema, at), absent))
    if (absent.kind === 'rejected') required.push(key)
  }
  return objectDocument(properties, required, additional)
}

/** True for z.never().optional(), z.undefined().optional() and z.void().optional(): no JSON value passes. */
function mustBeAbsent(schema: $ZodType): boolean {
  const { def } = schema._zod as { def: { type: string; innerType?: $ZodType; checks?: readonly unknown[] } }
  const inner = def.innerType?._zod.def.type ?? ''
  return def.type === 'optional' && (def.checks?.length ?? 0) === 0 && ['never', 'undefined', 'void'].includes(inner)
}

/** An integer that is at least 1 and at most 0. */
const noValue: SchemaDocument = { $comment: 'The key must be absent.', type: 'integer', minimum: 1, maximum: 0 }

/** Keywords with their default value are left out. */
export const objectDocument = (
  properties: Record<string, SchemaDocument>,
  required: string[],
  additional: Additional,
): SchemaDocument => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...additionalKeyword(additional),
})

const additionalKeyword = (additional: Additional): SchemaDocument =>
  additional === 'strip' ? { 'x-unknown': 'strip' } : isOpen(additional) ? {} : { additionalProperties: additional }

/** True when unknown members may have any value and stay. */
export const isOpen = (additional: Additional | undefined): boolean =>
  additional === undefined || additional === true || (typeof additional === 'object' && isAny(additional))

export function isUsableKey(context: LoweringContext, key: string | symbol, path: string): key is string {
  if (typeof key === 'symbol') context.reject(path, `the key ${String(key)}: JSON has no symbols; drop it`)
  else if (key === '__proto__') context.reject(path, 'the key "__proto__" is forbidden in payloads; rename it')
  else if (!key.isWellFormed()) context.reject(path, 'a key holds a lone surrogate, which no payload can; rename it')
  else return true
  return false
}

function additionalOf(context: LoweringContext, catchall: $ZodType | undefined, path: string): Additional {
  if (catchall === undefined) {
    const { objects } = context.options
    return objects === 'strip' ? 'strip' : objects === 'loose'
  }
  if (catchall._zod.def.type === 'never') return false
  return context.lower(catchall, pathTo.values(path))
}
