// Objects: strictObject, looseObject, catchall, and bare z.object, which the option `objects` decides.

import type { $ZodObjectDef, $ZodType } from 'zod/v4/core'
import { isAny, type SchemaDocument } from '../schema-document.ts'
import { pathTo } from '../index.ts'
import { mayBeAbsent } from './optionality.ts'
import type { LoweringContext } from './context.ts'

export function lowerObject(context: LoweringContext, def: $ZodObjectDef, path: string): SchemaDocument {
  const additionalProperties = additional(context, def.catchall, path)
  const properties: Record<string, SchemaDocument> = {}
  const required: string[] = []
  for (const key of Reflect.ownKeys(def.shape)) {
    if (!isUsableKey(context, key, path)) continue
    const schema = def.shape[key] as $ZodType
    properties[key] = context.lower(schema, pathTo.property(path, key))
    if (!mayBeAbsent(schema)) required.push(key)
  }
  return objectDocument(properties, required, additionalProperties)
}

/** Keywords with their default value are left out. */
export const objectDocument = (
  properties: Record<string, SchemaDocument>,
  required: string[],
  additionalProperties: SchemaDocument | boolean,
): SchemaDocument => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...(isOpen(additionalProperties) ? {} : { additionalProperties }),
})

/** True when unknown members may have any value. */
export const isOpen = (additional: SchemaDocument | boolean | undefined): boolean =>
  additional === undefined || additional === true || (additional !== false && isAny(additional))

export function isUsableKey(context: LoweringContext, key: string | symbol, path: string): key is string {
  if (typeof key === 'symbol') context.reject(path, `the key ${String(key)}: JSON has no symbols; drop it`)
  else if (key === '__proto__') context.reject(path, 'the key "__proto__" is forbidden in payloads; rename it')
  else if (!key.isWellFormed()) context.reject(path, 'a key holds a lone surrogate, which no payload can; rename it')
  else return true
  return false
}

function additional(context: LoweringContext, catchall: $ZodType | undefined, path: string): SchemaDocument | boolean {
  if (catchall === undefined) {
    if (context.options.objects === undefined) {
      context.reject(
        path,
        'z.object() silently drops unknown keys; write z.strictObject() or z.looseObject(), or say how to read all bare ' +
          "objects: defineContract({ …, objects: 'strict' | 'loose' })",
      )
    }
    return context.options.objects === 'loose'
  }
  if (catchall._zod.def.type === 'never') return false
  return context.lower(catchall, pathTo.values(path))
}
