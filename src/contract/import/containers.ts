// Objects, records, arrays and tuples of a JSON Schema.

import { setMember } from '../../json/index.ts'
import { valuesOf, type SchemaDocument } from '../schema-document.ts'
import { child, expand, withDefault, type Importer } from './importer.ts'
import { isRecord, type JsonSchema, type Location } from './references.ts'
import { keywordOf, type Keyword } from './undeclared.ts'

export function convertObject(importer: Importer, schema: JsonSchema, location: Location): SchemaDocument {
  const { properties, required, propertyNames, patternProperties } = schema
  const [additional, additionalKey] =
    schema['additionalProperties'] === undefined
      ? [schema['unevaluatedProperties'], 'unevaluatedProperties']
      : [schema['additionalProperties'], 'additionalProperties']
  const rest =
    additional === undefined || additional === true
      ? undefined
      : additional === false
        ? false
        : importer.convert(additional, child(location, additionalKey))
  const names = Array.isArray(required) ? (required as string[]) : []
  const members: Record<string, SchemaDocument> = {}
  for (const [name, member] of Object.entries(isRecord(properties) ? properties : {})) {
    const at = child(location, 'properties', name)
    // Never there: the same as a key that no property names, where those are refused.
    if (member === false && rest === false) continue
    const node = importer.convert(member, at)
    setMember(members, name, names.includes(name) ? node : withDefault(importer, member, node))
  }
  for (const name of names) {
    if (Object.hasOwn(members, name)) continue
    if (rest === false) rejectRequired(importer, name, location)
    setMember(members, name, rest === false ? {} : (rest ?? {}))
  }
  const unknown = schema['x-unknown'] === 'strip' ? 'strip' : importer.objects
  const undeclared = additional === undefined ? keywordOf(unknown) : undefined
  const patterns = Object.entries(isRecord(patternProperties) ? patternProperties : {})
  const object: SchemaDocument = {
    type: 'object',
    ...((Object.keys(members).length > 0 || isRecord(properties)) && { properties: members }),
    ...(names.length > 0 && { required: [...new Set(names)] }),
    ...(rest !== undefined && { additionalProperties: rest }),
  }
  if (propertyNames !== undefined && patterns.length > 0) {
    return importer.reject(location, '`propertyNames` beside `patternProperties`; write one rule for the keys')
  }
  if (propertyNames !== undefined) return convertNames(importer, propertyNames, { object, undeclared }, location)
  if (patterns.length > 0) {
    const isClosed = rest === false || undeclared?.['x-closed'] === true
    return convertPatterns(importer, patterns, { object, isClosed }, location)
  }
  return { ...object, ...undeclared }
}

/** An object whose keys all follow one rule. */
function convertNames(
  importer: Importer,
  propertyNames: unknown,
  { object, undeclared }: { readonly object: SchemaDocument; readonly undeclared: Keyword | undefined },
  location: Location,
): SchemaDocument {
  // A key is a string, whether the schema says so or not.
  const isUntyped =
    isRecord(propertyNames) && propertyNames['type'] === undefined && propertyNames['$ref'] === undefined
  const names = isUntyped
    ? { ...propertyNames, type: 'string' }
    : propertyNames === true
      ? { type: 'string' }
      : propertyNames
  const node = importer.convert(names, child(location, 'propertyNames'))
  const { properties = {}, required = [], additionalProperties: rest } = object
  if (Object.keys(properties).length === 0) {
    return { type: 'object', propertyNames: node, ...(rest !== undefined && { additionalProperties: rest }) }
  }
  const target = expand(importer, node) ?? {}
  const listed = target['x-norm'] === undefined ? valuesOf(target) : undefined
  if (listed === undefined) {
    return importer.reject(location, 'members by name beside a rule for all keys; list the keys, or drop one of them')
  }
  // Only these can be there, and zod writes a record of them so.
  const allowed = listed.filter((name) => typeof name === 'string')
  const undeclaredName = allowed.find((name) => !Object.hasOwn(properties, name))
  if (undeclaredName !== undefined && undeclared?.['x-unknown'] === 'strip') {
    return importer.reject(
      child(location, 'propertyNames'),
      `"${undeclaredName}" is to be dropped and other keys refused; declare it in properties, or take it off the list`,
    )
  }
  const isClosed = rest === false || undeclared?.['x-closed'] === true
  const members: Record<string, SchemaDocument> = {}
  for (const name of allowed) {
    if (Object.hasOwn(properties, name)) setMember(members, name, properties[name] as SchemaDocument)
    else if (!isClosed) setMember(members, name, typeof rest === 'object' ? rest : {})
  }
  const refused = required.find((name) => !Object.hasOwn(members, name))
  if (refused !== undefined) rejectRequired(importer, refused, location)
  return { type: 'object', properties: members, required, additionalProperties: false }
}

const rejectRequired = (importer: Importer, name: string, location: Location): void =>
  void importer.reject(child(location, 'required'), `"${name}" is required and not allowed; correct one of them`)

/** One pattern of keys and nothing else. */
function convertPatterns(
  importer: Importer,
  patterns: readonly (readonly [pattern: string, value: unknown])[],
  { object, isClosed }: { readonly object: SchemaDocument; readonly isClosed: boolean },
  location: Location,
): SchemaDocument {
  if (Object.keys(object.properties ?? {}).length > 0) {
    return importer.reject(
      location,
      'members by name beside members by pattern; write one of them, or additionalProperties',
    )
  }
  const [[pattern, value]] = patterns as [[string, unknown]]
  const isAny = everyKey.has(pattern)
  if (patterns.length > 1 || (!isAny && !isClosed)) {
    return importer.reject(
      child(location, 'patternProperties'),
      'one pattern of keys with additionalProperties: false can be a contract; write that, or additionalProperties',
    )
  }
  return {
    type: 'object',
    ...(!isAny && { propertyNames: { type: 'string', pattern } }),
    additionalProperties: importer.convert(value, child(location, 'patternProperties', pattern)),
  }
}

/** How TypeBox and Go write "any key". A key with a line break is one too, although `.` does not match it. */
const everyKey = new Set(['^(.*)$', '^.*$', '.*', '', '^'])

export function convertArray(importer: Importer, schema: JsonSchema, location: Location): SchemaDocument {
  const { items, prefixItems, additionalItems, minItems, maxItems, uniqueItems, unevaluatedItems } = schema
  if (uniqueItems === true) {
    importer.reject(child(location, 'uniqueItems'), '`uniqueItems` has no form in a contract; check it in the app')
  }
  // Until 2019-09 a tuple was a list in `items`, with the rest in `additionalItems`.
  const tuple: unknown = Array.isArray(items) ? items : prefixItems
  const [own, ownKey] = Array.isArray(items) ? [additionalItems, 'additionalItems'] : [items, 'items']
  const [rest, key] = own === undefined ? [unevaluatedItems, 'unevaluatedItems'] : [own, ownKey]
  const prefix = Array.isArray(tuple)
    ? (tuple as unknown[]).map((item, i) => {
        const node = importer.convert(item, child(location, Array.isArray(items) ? 'items' : 'prefixItems', i))
        return i < Number(minItems ?? 0) ? node : withDefault(importer, item, node)
      })
    : []
  return {
    type: 'array',
    ...(prefix.length > 0 && { prefixItems: prefix }),
    ...(rest === false && { items: false as const }),
    ...(rest !== undefined &&
      rest !== true &&
      rest !== false && { items: importer.convert(rest, child(location, key)) }),
    ...(minItems !== undefined && { minItems: minItems as number }),
    ...(maxItems !== undefined && { maxItems: maxItems as number }),
  }
}
