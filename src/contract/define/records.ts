// Records: with string keys (propertyNames), and with keys that can be listed (plain properties).

import type { $ZodRecordDef } from 'zod/v4/core'
import { withoutAnnotations, type SchemaDocument } from '../schema-document.ts'
import { objectDocument, isUsableKey } from './objects.ts'
import { pathTo } from './paths.ts'
import { acceptsUndefined } from './optionality.ts'
import type { LoweringContext } from './context.ts'

export function lowerRecord(context: LoweringContext, def: $ZodRecordDef, path: string): SchemaDocument {
  // zod 4.6 has both, but its types declare only one.
  const { mode, partial = false } = def as { mode?: 'strict' | 'loose'; partial?: boolean }
  const keyPath = pathTo.keys(path)
  const listed = def.keyType._zod.values
  const problemsBefore = context.problemCount
  const names = context.lower(def.keyType, keyPath)
  if (names['x-norm'] !== undefined) {
    return context.reject(keyPath, 'norm() on keys could make two keys one; keys are never normalized')
  }
  if (listed !== undefined) return lowerListed(context, def, path, [...listed], partial, mode === 'loose')
  const keysRejected = context.problemCount > problemsBefore
  const values = context.lower(def.valueType, pathTo.values(path))
  if (names.type !== 'string') {
    return keysRejected
      ? {}
      : context.reject(keyPath, 'the keys of a record must be strings; for numbers write z.string().regex(/^[0-9]+$/)')
  }
  if (mode === 'loose' && Object.keys(withoutAnnotations(names)).length > 1) {
    return context.reject(
      keyPath,
      'z.looseRecord() lets keys pass that do not match; write z.looseObject().catchall() or z.record()',
    )
  }
  return { type: 'object', propertyNames: names, additionalProperties: values }
}

/** Keys that can be listed become properties: all required (z.record) or none (z.partialRecord). */
function lowerListed(
  context: LoweringContext,
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
      context.reject(pathTo.keys(path), `the key ${String(listed)} is not text; write it as a string`)
    } else if (isUsableKey(context, key, path)) {
      properties[key] = context.lower(value, pathTo.property(path, key))
      // zod does not check whether the key is present, only whether its value passes.
      if (!partial && !acceptsUndefined(value)) required.push(key)
    }
  }
  return objectDocument(properties, required, loose)
}
