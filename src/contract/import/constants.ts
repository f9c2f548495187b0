// const and enum.

import type { Primitive } from '../../model/index.ts'
import type { SchemaDocument } from '../schema-document.ts'
import { child, type Importer } from './importer.ts'
import { typedKeywords } from './keywords.ts'
import type { JsonSchema, Location } from './references.ts'
import { isOfType } from './unions.ts'

/** The constants of `const`, `enum` and `type`, where all hold. */
export function convertConstants(importer: Importer, schema: JsonSchema, location: Location): SchemaDocument {
  const { const: value, enum: listed, type, 'x-norm': norm } = schema
  const rule = typedKeywords.find((name) => name !== 'x-norm' && schema[name] !== undefined)
  const key = value === undefined ? 'enum' : 'const'
  if (rule !== undefined) {
    return importer.reject(location, `\`${rule}\` beside \`${key}\`: drop it, and the values that break it`)
  }
  const types = type === undefined ? undefined : [type].flat()
  const allowed = (listed ?? [value]) as readonly Primitive[]
  const possible = [...new Set(value === undefined ? allowed : [value as Primitive])].filter(
    (one) => allowed.includes(one) && (types?.some((name) => isOfType(one, name)) ?? true),
  )
  if (possible.length === 0) {
    return importer.reject(
      child(location, key),
      `no value is ${types === undefined ? 'in both `const` and `enum`' : 'of the type'}; correct one of them`,
    )
  }
  return {
    ...(key === 'const' ? { const: possible[0] } : { enum: possible }),
    ...(types !== undefined && { type: types.length === 1 ? types[0] : types }),
    ...(norm !== undefined && { 'x-norm': norm }),
  } as SchemaDocument
}
