// Records: over any string key (propertyNames) and over keys that can be listed (plain properties).

import type { $ZodRecordDef } from 'zod/v4/core'
import { meaning, type SchemaDocument } from './document.ts'
import { objectDocument, usableKey } from './objects.ts'
import { pathTo } from './paths.ts'
import { takesUndefined } from './optionality.ts'
import type { Walk } from './walk.ts'

export function lowerRecord(walk: Walk, def: $ZodRecordDef, path: string): SchemaDocument {
  // zod 4.6 has both, its types only one.
  const { mode, partial = false } = def as { mode?: 'strict' | 'loose'; partial?: boolean }
  const keyPath = pathTo.keys(path)
  const listed = def.keyType._zod.values
  const refusedBefore = walk.refusalCount
  const names = walk.lower(def.keyType, keyPath)
  if (names['x-norm'] !== undefined) {
    return walk.refuse(keyPath, 'norm() on keys could make two keys one; keys are never normalized')
  }
  if (listed !== undefined) return lowerListed(walk, def, path, [...listed], partial, mode === 'loose')
  const keysRefused = walk.refusalCount > refusedBefore
  const values = walk.lower(def.valueType, pathTo.values(path))
  if (names.type !== 'string') {
    return keysRefused
      ? {}
      : walk.refuse(keyPath, 'a record needs keys of one string form; for numbers write z.string().regex(/^[0-9]+$/)')
  }
  if (mode === 'loose' && Object.keys(meaning(names)).length > 1) {
    return walk.refuse(
      keyPath,
      'z.looseRecord() lets keys pass that do not match; write z.looseObject().catchall() or z.record()',
    )
  }
  return { type: 'object', propertyNames: names, additionalProperties: values }
}

/** Keys that can be listed are properties: all required (z.record) or none (z.partialRecord), others unknown. */
function lowerListed(
  walk: Walk,
  def: $ZodRecordDef,
  path: string,
  keys: readonly unknown[],
  partial: boolean,
  loose: boolean,
): SchemaDocument {
  const properties: Record<string, SchemaDocument> = {}
  const required: string[] = []
  const value = def.valueType
  for (const listed of keys) {
    // z.record turns a number into its text; z.partialRecord also takes "1.0" for 1, which no list of names can say.
    const key = typeof listed === 'number' && !partial && Number.isFinite(listed) ? String(listed) : listed
    if (typeof key !== 'string' && typeof key !== 'symbol') {
      walk.refuse(pathTo.keys(path), `the key ${String(listed)} is not text; write it as a string`)
    } else if (usableKey(walk, key, path)) {
      properties[key] = walk.lower(value, pathTo.property(path, key))
      // zod does not ask whether the key is there, only whether its value passes.
      if (!partial && !takesUndefined(value)) required.push(key)
    }
  }
  return objectDocument(properties, required, loose)
}
