// Records: with string keys (propertyNames), and with keys that can be listed (plain properties).

import type { $ZodRecordDef } from 'zod/v4/core'
import { setMember } from '../../json/index.ts'
import { isAny, withoutAnnotations, type SchemaDocument } from '../schema-document.ts'
import { objectDocument, isUsableKey } from './objects.ts'
import { pathTo } from '../index.ts'
import { absentValue, withDefault } from './absence.ts'
import type { LoweringContext } from './context.ts'

/** What turns one text into another. */
const changing = ['x-norm', 'x-url', 'x-coerce'] as const

/** zod 4.6 has both, but its types declare only one. */
type RecordDef = $ZodRecordDef & { readonly mode?: 'strict' | 'loose'; readonly partial?: boolean }

export function lowerRecord(context: LoweringContext, def: RecordDef, path: string): SchemaDocument {
  const keyPath = pathTo.keys(path)
  const listed = def.keyType._zod.values
  const problemsBefore = context.problemCount
  const lowered = context.lower(def.keyType, keyPath)
  // Keys are strings whatever their schema says: z.any(), z.custom().
  const names: SchemaDocument = isAny(lowered) ? { ...lowered, type: 'string' } : lowered
  if (changing.some((keyword) => names[keyword] !== undefined)) {
    return context.reject(
      keyPath,
      'a conversion of keys (norm(), .trim(), z.url(), z.coerce) could make two keys one; write z.string() or a .regex()',
    )
  }
  if (listed !== undefined) return lowerListed(context, def, path, listed)
  const keysRejected = context.problemCount > problemsBefore
  const values = context.lower(def.valueType, pathTo.values(path))
  if (names.type !== 'string') {
    return keysRejected
      ? {}
      : context.reject(keyPath, 'the keys of a record must be strings; for numbers write z.string().regex(/^[0-9]+$/)')
  }
  if (def.mode === 'loose' && Object.keys(withoutAnnotations(names)).length > 1) {
    return context.reject(
      keyPath,
      'z.looseRecord() lets keys pass that do not match; write z.looseObject().catchall() or z.record()',
    )
  }
  return { type: 'object', propertyNames: names, additionalProperties: values }
}

/** Keys that can be listed become properties: all required (z.record) or none (z.partialRecord). */
function lowerListed(context: LoweringContext, def: RecordDef, path: string, keys: Iterable<unknown>): SchemaDocument {
  const properties: Record<string, SchemaDocument> = {}
  const required: string[] = []
  const { valueType: value, partial = false, mode } = def
  for (const listed of keys) {
    // z.record turns a number into its text; z.partialRecord also takes "1.0" for 1, which no list of names can express.
    const key = typeof listed === 'number' && !partial && Number.isFinite(listed) ? String(listed) : listed
    if (typeof key !== 'string' && typeof key !== 'symbol') {
      context.reject(pathTo.keys(path), `the key ${String(listed)} is not text; write it as a string`)
    } else if (isUsableKey(context, key, path)) {
      const at = pathTo.property(path, key)
      // zod does not look whether the key is present: z.record() reads `undefined`, z.partialRecord() passes over it.
      const absent = partial ? undefined : absentValue(context, value, at)
      setMember(properties, key, withDefault(context.lower(value, at), absent))
      if (absent?.kind === 'rejected') required.push(key)
    }
  }
  return objectDocument(properties, required, mode === 'loose')
}
