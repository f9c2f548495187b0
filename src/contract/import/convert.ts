// The walk over a JSON Schema: dispatch by keyword, references, and the list of problems. What one family of keywords
// becomes is in its own file.

import { stringifyWithBigints } from '../../json/index.ts'
import { orNull, valuesOf, type SchemaDocument } from '../schema-document.ts'
import { convertArray, convertObject } from './containers.ts'
import { intersect } from './intersect.ts'
import { anyOf, isOfType, kindsOf, unionOfTypes } from './unions.ts'
import { child, type Importer, type Problem } from './importer.ts'
import { isRecord, References, type JsonSchema, type Location } from './references.ts'

export interface ConvertOptions {
  readonly root: string | undefined
  readonly objects: 'strip' | 'strict' | 'loose'
  readonly insertsDefaults: boolean
  readonly uri: string | undefined
  readonly resolve: ((uri: string) => unknown) | undefined
  readonly problems: Problem[]
}

const schemaDialect = 'https://json-schema.org/draft/2020-12/schema'

/** Kept in the lock: they have no effect. */
const kept = ['title', 'description', '$comment', 'examples', 'deprecated', 'readOnly', 'writeOnly', 'format'] as const

/** Keywords without a rule, and containers of definitions. */
const ignored = new Set([
  ...kept,
  ...['$schema', '$id', 'id', '$anchor', '$vocabulary', '$defs', 'definitions', 'default', 'example', 'xml'],
  ...['externalDocs', 'discriminator', 'contentEncoding', 'contentMediaType', 'contentSchema', 'nullable'],
])

const unsupportedKeywords: Readonly<Record<string, string>> = {
  not: '`not` has no form in a contract; write what is allowed',
  if: '`if` has no form in a contract; write anyOf, or oneOf with a discriminator',
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: '`then` has no form in a contract; write anyOf, or oneOf with a discriminator',
  else: '`else` has no form in a contract; write anyOf, or oneOf with a discriminator',
  contains: '`contains` has no form in a contract; check it in the app',
  minContains: '`minContains` has no form in a contract; check it in the app',
  maxContains: '`maxContains` has no form in a contract; check it in the app',
  minProperties: '`minProperties` has no form in a contract; list the required members',
  maxProperties: '`maxProperties` has no form in a contract; limits.maxKeys bounds every object',
  dependentRequired: '`dependentRequired` has no form in a contract; write anyOf',
  dependentSchemas: '`dependentSchemas` has no form in a contract; write anyOf',
  dependencies: '`dependencies` has no form in a contract; write anyOf',
  $dynamicRef: '`$dynamicRef` has no form in a contract; write $ref',
  $recursiveRef: '`$recursiveRef` has no form in a contract; write $ref',
}

/** The keywords with a rule, by the type that they speak of. */
const keywordsOfType: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'x-pattern-units', 'x-norm', 'x-url', 'x-coerce'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'x-coerce', 'x-value'],
  boolean: ['x-coerce'],
  array: ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems', 'unevaluatedItems'],
  object: [
    ...['properties', 'required', 'additionalProperties', 'propertyNames', 'patternProperties'],
    'unevaluatedProperties',
    'x-unknown',
  ],
}
const types = ['array', 'boolean', 'null', 'number', 'object', 'string']
const general = new Set(['type', 'const', 'enum', 'anyOf', 'oneOf', 'allOf', '$ref', 'x-discriminator'])
const typed = new Set(Object.values(keywordsOfType).flat())

/** The schema of the lock. Problems are added to `options.problems`. */
export function convertDocument(document: unknown, options: ConvertOptions): SchemaDocument {
  const { root = '', objects, insertsDefaults, uri = '', resolve, problems } = options
  const references = new References(document, uri, resolve)
  const definitions = new Map<string, SchemaDocument | undefined>()
  const names = new Map<string, string>()
  const ownNames = new Set(
    ['$defs', 'definitions'].flatMap((key) => Object.keys((isRecord(document) && document[key]) || {})),
  )
  const legacy = isRecord(document) && /draft-0[467]/.test(String(document['$schema']))

  const importer: Importer = {
    objects,
    insertsDefaults,
    convert: (schema, location) => {
      if (schema === true) return {}
      if (schema === false) return importer.reject(location, 'the schema `false` accepts nothing; leave it out')
      if (!isRecord(schema)) return importer.reject(location, 'expected a schema: an object or a boolean')
      const node = convertSchema(schema, location)
      const annotations = kept.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]]))
      return { ...node, ...Object.fromEntries(annotations) }
    },
    reject: ({ uri: file, pointer }, problem) => {
      problems.push({ pointer: file === uri ? pointer || '#' : `${file}#${pointer}`, problem })
      return {}
    },
    definition: (name) => definitions.get(name),
  }

  function convertSchema(schema: JsonSchema, location: Location): SchemaDocument {
    const { $ref } = schema
    if (typeof $ref === 'string' && legacy) return refer($ref, location)
    const before = problems.length
    for (const key of Object.keys(schema)) {
      const problem = unsupportedKeywords[key]
      if (problem !== undefined) importer.reject(location, problem)
      else if (!ignored.has(key) && !general.has(key) && !typed.has(key) && !key.startsWith('x-')) {
        importer.reject(location, `the keyword "${key}" is unknown; correct it, or write it as "x-${key}"`)
      }
    }
    const { $id } = schema
    if (location.pointer !== '' && typeof $id === 'string' && /[:/]/.test($id)) {
      importer.reject(location, `the $id "${$id}" gives the references inside another base; put the schema into $defs`)
    }
    for (const key of ['unevaluatedProperties', 'unevaluatedItems']) {
      const composed = ['$ref', 'allOf', 'anyOf', 'oneOf'].find((name) => schema[name] !== undefined)
      if (schema[key] !== undefined && composed !== undefined) {
        importer.reject(location, `\`${key}\` beside \`${composed}\` has no form in a contract; write one schema`)
      }
    }
    if (problems.length > before) return {}
    const parts: SchemaDocument[] = []
    if (typeof $ref === 'string') parts.push(refer($ref, location))
    if (schema['const'] !== undefined || schema['enum'] !== undefined) parts.push(convertValues(schema, location))
    else if (schema['type'] !== undefined) parts.push(convertTypes(schema, location))
    // Without `type` a keyword speaks of one type of values, and all others pass.
    else if ([...typed].some((key) => schema[key] !== undefined))
      parts.push(convertTypes({ ...schema, type: types }, location))
    for (const [i, part] of list(schema['allOf']).entries()) {
      parts.push(importer.convert(part, child(location, 'allOf', i)))
    }
    if (schema['anyOf'] !== undefined) parts.push(convertUnion(list(schema['anyOf']), child(location, 'anyOf')))
    if (schema['oneOf'] !== undefined) parts.push(convertOneOf(schema, location))
    const node = parts.reduce<SchemaDocument | undefined>(
      (whole, part) => (whole === undefined ? part : intersect(importer, whole, part, location)),
      undefined,
    )
    return schema['nullable'] === true ? orNull(node ?? {}) : (node ?? {})
  }

  function refer(reference: string, location: Location): SchemaDocument {
    const found = references.find(reference, location)
    if (typeof found === 'string') return importer.reject(location, found)
    const key = `${found.location.uri}#${found.location.pointer}`
    const known = names.get(key)
    if (known !== undefined) return { $ref: `#/$defs/${known}` }
    const wanted = (/([^/]*)$/.exec(found.location.pointer)?.[1] || 'root').replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    let name = wanted
    // The document itself leaves the names of its definitions to them.
    const isTaken = (): boolean => definitions.has(name) || (found.location.pointer === '' && ownNames.has(name))
    for (let i = 2; isTaken(); i++) name = `${wanted}${i}`
    names.set(key, name)
    definitions.set(name, undefined)
    definitions.set(name, importer.convert(found.value, found.location))
    return { $ref: `#/$defs/${name}` }
  }

  function convertTypes(schema: JsonSchema, location: Location): SchemaDocument {
    const { type } = schema
    const nodes = [type].flat().map((name) => {
      switch (name) {
        case 'string':
          return pick(schema, 'string', location)
        case 'number':
        case 'integer':
          return pick(schema, name, location)
        case 'boolean':
          return pick(schema, name, location)
        case 'null':
          return { type: name }
        case 'array':
          return convertArray(importer, schema, location)
        case 'object':
          return convertObject(importer, schema, location)
        default:
          return importer.reject(child(location, 'type'), `the type ${JSON.stringify(name)} is none of JSON`)
      }
    })
    return unionOfTypes(nodes)
  }

  function pick(
    schema: JsonSchema,
    type: 'string' | 'number' | 'integer' | 'boolean',
    location: Location,
  ): SchemaDocument {
    const node: Record<string, unknown> = { type }
    for (const key of keywordsOfType[type === 'integer' ? 'number' : type] ?? []) {
      const value = schema[key]
      if (value === undefined) continue
      if (typeof value === 'boolean' && !key.startsWith('x-')) {
        importer.reject(child(location, key), `\`${key}\` is a boolean in draft-04 only; write the bound as its value`)
      } else node[key] = value
    }
    return node
  }

  function convertValues(schema: JsonSchema, location: Location): SchemaDocument {
    const key = schema['const'] === undefined ? 'enum' : 'const'
    const values = key === 'const' ? [schema['const']] : list(schema['enum'])
    if (values.some((value) => typeof value === 'object' && value !== null)) {
      return importer.reject(child(location, key), 'a constant must be a string, a number, a boolean or null')
    }
    const rest = [...typed].filter((name) => name !== 'x-norm' && schema[name] !== undefined)
    if (rest.length > 0)
      importer.reject(location, `\`${rest[0]}\` beside \`${key}\`: drop it, and the values that break it`)
    const named = schema['type'] === undefined ? undefined : [schema['type']].flat()
    const distinct = [...new Set(values)].filter((value) => named?.some((type) => isOfType(value, type)) ?? true)
    if (distinct.length === 0)
      return importer.reject(child(location, key), 'no value is of the type; correct one of them')
    return {
      ...(key === 'const' ? { const: distinct[0] } : { enum: distinct }),
      ...(named !== undefined && { type: named.length === 1 ? named[0] : named }),
      ...(schema['x-norm'] !== undefined && { 'x-norm': schema['x-norm'] }),
    } as SchemaDocument
  }

  function convertUnion(options: readonly unknown[], location: Location): SchemaDocument {
    if (options.length === 0) return importer.reject(location, 'a union without options accepts nothing; drop it')
    const possible = [...options.entries()].filter(([, option]) => option !== false)
    if (possible.length === 0) return importer.convert(false, child(location, 0))
    return anyOf(possible.map(([i, option]) => importer.convert(option, child(location, i))))
  }

  function convertOneOf(schema: JsonSchema, location: Location): SchemaDocument {
    const options = list(schema['oneOf'])
    const nodes = options.map((option, i) => importer.convert(option, child(location, 'oneOf', i)))
    const own = schema['x-discriminator']
    if (typeof own === 'string') return { oneOf: nodes, 'x-discriminator': own }
    if (nodes.length < 2)
      return nodes[0] ?? importer.reject(child(location, 'oneOf'), 'a union without options accepts nothing')
    const { discriminator } = schema as { discriminator?: { propertyName?: unknown } }
    const key = discriminator?.propertyName ?? commonKey(nodes.map(expand))
    if (typeof key === 'string' && tellsApart(nodes.map(expand), key)) return { oneOf: nodes, 'x-discriminator': key }
    // At most one of them accepts a value: then "exactly one" is "any".
    const kinds = nodes.map((node) => kindsOf(expand(node)))
    const all = kinds.flat()
    if (kinds.every((some) => some.length > 0) && new Set(all).size === all.length) return unionOfTypes(nodes)
    return importer.reject(
      child(location, 'oneOf'),
      'oneOf rejects what two options accept, and nothing tells these apart; write anyOf, or give each object a required constant',
    )
  }

  const expand = (node: SchemaDocument): SchemaDocument =>
    node.$ref === undefined ? node : (definitions.get(node.$ref.slice('#/$defs/'.length)) ?? {})

  let start: { readonly location: Location; readonly value: unknown } | string = {
    location: { uri, pointer: '' },
    value: document,
  }
  if (root !== '') start = references.find(root.startsWith('#') ? root : `#${root}`, { uri, pointer: '' })
  if (typeof start === 'string') return importer.reject({ uri, pointer: '' }, start)
  if (root === '' && isRecord(document) && document['openapi'] !== undefined) {
    const schemas = (document as { components?: { schemas?: object } }).components?.schemas ?? {}
    const known = Object.keys(schemas)
      .slice(0, 20)
      .map((name) => `#/components/schemas/${name}`)
    return importer.reject(
      start.location,
      `an OpenAPI document has many schemas; pass \`root\`, one of ${known.join(', ')}`,
    )
  }
  // The root is a definition too: what refers to it finds it.
  const node = refer(`#${start.location.pointer}`, { uri, pointer: '' })
  const name = (node.$ref ?? '').slice('#/$defs/'.length)
  const body = definitions.get(name) ?? {}
  const isReferred = stringifyWithBigints([...definitions]).includes(`"#/$defs/${name}"`)
  const defs = Object.fromEntries([...definitions].filter(([key]) => isReferred || key !== name))
  return {
    $schema: schemaDialect,
    ...(isReferred ? node : body),
    ...(Object.keys(defs).length > 0 && { $defs: defs as Record<string, SchemaDocument> }),
  }
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

/** A member that every branch requires as a constant, all distinct. */
const commonKey = (nodes: readonly SchemaDocument[]): string | undefined =>
  Object.keys(nodes[0]?.properties ?? {})
    .toSorted()
    .find((key) => tellsApart(nodes, key))

function tellsApart(nodes: readonly SchemaDocument[], key: string): boolean {
  const values = nodes.map(({ properties, required }) => {
    const member = properties?.[key]
    if (member === undefined || required?.includes(key) !== true) return []
    return valuesOf(member) ?? []
  })
  const all = values.flat()
  return values.every((some) => some.length > 0) && new Set(all).size === all.length
}
