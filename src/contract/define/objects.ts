// Objects: strictObject, looseObject, catchall, and bare z.object where the option `objects` says how to read it.

import type { $ZodObjectDef, $ZodType } from 'zod/v4/core'
import { isAny, type SchemaDocument } from './document.ts'
import { pathTo } from './paths.ts'
import { mayBeAbsent } from './optionality.ts'
import type { Walk } from './walk.ts'

export function lowerObject(walk: Walk, def: $ZodObjectDef, path: string): SchemaDocument {
  const additionalProperties = additional(walk, def.catchall, path)
  const properties: Record<string, SchemaDocument> = {}
  const required: string[] = []
  for (const key of Reflect.ownKeys(def.shape)) {
    if (!usableKey(walk, key, path)) continue
    const schema = def.shape[key] as $ZodType
    properties[key] = walk.lower(schema, pathTo.property(path, key))
    if (!mayBeAbsent(schema)) required.push(key)
  }
  return objectDocument(properties, required, additionalProperties)
}

/** Keywords that say nothing are left out. */
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

/** True when unknown members may hold anything. */
export const isOpen = (additional: SchemaDocument | boolean | undefined): boolean =>
  additional === undefined || additional === true || (additional !== false && isAny(additional))

export function usableKey(walk: Walk, key: string | symbol, path: string): key is string {
  if (typeof key === 'symbol') walk.refuse(path, `the key ${String(key)}: JSON has no symbols; drop it`)
  else if (key === '__proto__') walk.refuse(path, 'the key "__proto__" is forbidden in payloads; rename it')
  else if (!key.isWellFormed()) walk.refuse(path, 'a key holds a lone surrogate, which no payload can; rename it')
  else return true
  return false
}

function additional(walk: Walk, catchall: $ZodType | undefined, path: string): SchemaDocument | boolean {
  if (catchall === undefined) {
    if (walk.options.objects === undefined) {
      walk.refuse(
        path,
        'z.object() drops unknown keys in silence; write z.strictObject() or z.looseObject(), or say how to read all bare ' +
          "objects: defineContract({ …, objects: 'strict' | 'loose' })",
      )
    }
    return walk.options.objects === 'loose'
  }
  if (catchall._zod.def.type === 'never') return false
  return walk.lower(catchall, pathTo.values(path))
}
