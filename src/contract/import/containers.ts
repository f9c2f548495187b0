// Objects, records, arrays and tuples of a JSON Schema.

import type { SchemaDocument } from '../schema-document.ts'
import { child, withDefault, type Importer } from './importer.ts'
import { isRecord, type JsonSchema, type Location } from './references.ts'

export function convertObject(importer: Importer, schema: JsonSchema, location: Location): SchemaDocument {
  const { properties, required, propertyNames, patternProperties } = schema
  const additional = schema['additionalProperties'] ?? schema['unevaluatedProperties']
  const open = additional === undefined && importer.objects !== 'strict'
  const additionalAt = child(location, 'additionalProperties')
  const rest =
    additional === false || (additional === undefined && !open)
      ? false
      : additional === undefined || additional === true
        ? undefined
        : importer.convert(additional, additionalAt)
  const names = Array.isArray(required) ? (required as string[]) : []
  const members: Record<string, SchemaDocument> = {}
  for (const [name, member] of Object.entries(isRecord(properties) ? properties : {})) {
    const at = child(location, 'properties', name)
    // Never there: the same as a key that no property names, where those are refused.
    if (member === false && rest === false) continue
    const node = importer.convert(member, at)
    define(members, name, names.includes(name) ? node : withDefault(importer, member, node))
  }
  for (const name of names) {
    if (Object.hasOwn(members, name)) continue
    if (rest === false)
      importer.reject(child(location, 'required'), `"${name}" is required and not allowed; correct one of them`)
    define(members, name, rest === false ? {} : (rest ?? {}))
  }
  const keys = Object.keys(members)
  if (patternProperties !== undefined || propertyNames !== undefined) {
    return convertRecord(importer, schema, location, { rest, hasMembers: keys.length > 0 })
  }
  return {
    type: 'object',
    ...((keys.length > 0 || isRecord(properties)) && { properties: members }),
    ...(names.length > 0 && { required: [...new Set(names)] }),
    ...(rest !== undefined && { additionalProperties: rest }),
    ...(additional === undefined && stripsUnknown(importer, schema) && { 'x-unknown': 'strip' }),
  }
}

/** Undeclared members are dropped: by the option, or by the lock's own keyword. */
const stripsUnknown = ({ objects }: Importer, schema: JsonSchema): boolean =>
  (schema['x-unknown'] ?? (objects === 'strip' ? 'strip' : undefined)) === 'strip'

interface RecordParts {
  readonly rest: SchemaDocument | false | undefined
  readonly hasMembers: boolean
}

/** `propertyNames`, or one pattern of keys and nothing else. */
function convertRecord(
  importer: Importer,
  { propertyNames, patternProperties }: JsonSchema,
  location: Location,
  { rest, hasMembers }: RecordParts,
): SchemaDocument {
  if (hasMembers) {
    return importer.reject(
      location,
      'members by name beside members by pattern; write one of them, or additionalProperties',
    )
  }
  const patterns = Object.entries(isRecord(patternProperties) ? patternProperties : {})
  if (propertyNames !== undefined && patterns.length === 0) {
    // A key is a string, whether the schema says so or not.
    const isUntyped =
      isRecord(propertyNames) && propertyNames['type'] === undefined && propertyNames['$ref'] === undefined
    const names = isUntyped ? { ...propertyNames, type: 'string' } : propertyNames
    return {
      type: 'object',
      propertyNames: importer.convert(names === true ? { type: 'string' } : names, child(location, 'propertyNames')),
      ...(rest !== undefined && { additionalProperties: rest }),
    }
  }
  const [[pattern, value] = []] = patterns
  if (patterns.length === 1 && pattern !== undefined && everyKey.has(pattern) && propertyNames === undefined) {
    return {
      type: 'object',
      additionalProperties: importer.convert(value, child(location, 'patternProperties', pattern)),
    }
  }
  if (patterns.length !== 1 || rest !== false || pattern === undefined || propertyNames !== undefined) {
    return importer.reject(
      child(location, 'patternProperties'),
      'one pattern of keys with additionalProperties: false can be a contract; write that, or additionalProperties',
    )
  }
  return {
    type: 'object',
    propertyNames: { type: 'string', pattern },
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
  const [rest, key] = Array.isArray(items)
    ? [additionalItems ?? unevaluatedItems, 'additionalItems']
    : [items ?? unevaluatedItems, 'items']
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

/** Also for a member named `__proto__`. */
const define = (members: Record<string, SchemaDocument>, name: string, node: SchemaDocument): void =>
  void Object.defineProperty(members, name, { value: node, enumerable: true, configurable: true, writable: true })
