// The walk over a JSON Schema: dispatch by keyword, references, and the list of problems. What one family of keywords
// becomes is in its own file.

import { stringifyWithBigints } from '../../json/index.ts'
import { typeNames, type TypeName } from '../../model/index.ts'
import { annotationKeywords } from '../../tables/lock-keywords.ts'
import type { SchemaDocument } from '../schema-document.ts'
import { finish } from './undeclared.ts'
import { convertArray, convertObject } from './containers.ts'
import { intersect } from './intersect.ts'
import { convertConstants } from './constants.ts'
import { checkKeywords, keywordsOfType, typedKeywords } from './keywords.ts'
import { anyOf, unionOfTypes } from './unions.ts'
import { child, type Importer, type Problem } from './importer.ts'
import { OneOfs } from './one-of.ts'
import { isRecord, keyOf, References, tooMuch, type Found, type JsonSchema, type Location } from './references.ts'

export interface ConvertOptions {
  readonly root: string | undefined
  readonly objects: 'strip' | 'strict' | 'loose'
  readonly insertsDefaults: boolean
  readonly uri: string | undefined
  readonly resolve: ((uri: string) => unknown) | undefined
  readonly problems: Problem[]
}

const schemaDialect = 'https://json-schema.org/draft/2020-12/schema'

/** Each of JSON once: an integer is a number. */
const anyType = typeNames.filter((type) => type !== 'integer')

/** The schema of the lock. Problems are added to `options.problems`. */
export function convertDocument(document: unknown, options: ConvertOptions): SchemaDocument {
  const { root = '', objects, insertsDefaults, uri = '', resolve, problems } = options
  const references = new References(document, uri, resolve)
  const definitions = new Map<string, SchemaDocument | undefined>()
  /** Definitions that nothing has needed yet: a chain of them is not walked from inside each other. */
  const waiting = new Map<string, Found>()
  const names = new Map<string, string>()
  const ownNames = new Set(
    ['$defs', 'definitions'].flatMap((key) => Object.keys((isRecord(document) && document[key]) || {})),
  )
  const legacy = isRecord(document) && /draft-0[467]/.test(String(document['$schema']))

  let [nodes, depth] = [0, 0]

  const importer: Importer = {
    objects,
    insertsDefaults,
    convert: (schema, location) => {
      if (schema === true) return {}
      if (schema === false) return importer.reject(location, 'the schema `false` accepts nothing; leave it out')
      if (!isRecord(schema)) return importer.reject(location, 'expected a schema: an object or a boolean')
      const node = importer.step(() => convertSchema(schema, location))
      const annotations = annotationKeywords.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]]))
      return { ...node, ...Object.fromEntries(annotations) }
    },
    reject: ({ uri: file, pointer }, problem) => {
      problems.push({ pointer: file === uri ? pointer || '#' : `${file}#${pointer}`, problem })
      return {}
    },
    definition: (name) => {
      const found = waiting.get(name)
      if (found !== undefined) {
        waiting.delete(name)
        definitions.set(name, importer.convert(found.value, found.location))
      }
      return definitions.get(name)
    },
    step: (work) => {
      if (++nodes > maxNodes) throw tooMuch(`The schema becomes more than ${maxNodes} nodes.`)
      if (++depth > maxDepth) throw tooMuch('The schema is nested too deeply.')
      const result = work()
      depth--
      return result
    },
    settle: (node) => oneOfs.settle(node),
    merging: [],
  }
  const oneOfs = new OneOfs(importer)

  function convertSchema(schema: JsonSchema, location: Location): SchemaDocument {
    const { $ref, type, allOf, anyOf: options, oneOf } = schema
    if (typeof $ref === 'string' && legacy) return refer($ref, location)
    if (!checkKeywords(importer, schema, location)) return {}
    const parts: SchemaDocument[] = []
    if (typeof $ref === 'string') parts.push(refer($ref, location))
    if (schema['const'] !== undefined || schema['enum'] !== undefined) {
      parts.push(convertConstants(importer, schema, location))
    } else if (type !== undefined) parts.push(convertTypes(schema, [type].flat() as TypeName[], location))
    // Without `type` a keyword speaks of one type of values, and all others pass.
    else if (typedKeywords.some((key) => schema[key] !== undefined)) {
      parts.push(convertTypes(schema, anyType, location))
    }
    for (const [i, part] of list(allOf).entries()) parts.push(importer.convert(part, child(location, 'allOf', i)))
    if (options !== undefined) parts.push(convertUnion(list(options), child(location, 'anyOf')))
    if (oneOf !== undefined) parts.push(oneOfs.convert(schema, location))
    const node = parts.reduce<SchemaDocument | undefined>(
      (whole, part) => (whole === undefined ? part : intersect(importer, whole, part, location)),
      undefined,
    )
    return schema['nullable'] === true ? oneOfs.orNull(node ?? {}) : (node ?? {})
  }

  function refer(reference: string, location: Location): SchemaDocument {
    const found = references.find(reference, location)
    return typeof found === 'string' ? importer.reject(location, found) : { $ref: `#/$defs/${nameOf(found)}` }
  }

  /** The name of the definition of what a reference found. */
  function nameOf(found: Found): string {
    const key = keyOf(found.location)
    const known = names.get(key)
    if (known !== undefined) return known
    const wanted = (/([^/]*)$/.exec(found.location.pointer)?.[1] || 'root').replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    let name = wanted
    // The document itself leaves the names of its definitions to them.
    const isTaken = (): boolean => definitions.has(name) || (found.location.pointer === '' && ownNames.has(name))
    for (let i = 2; isTaken(); i++) name = `${wanted}${i}`
    names.set(key, name)
    definitions.set(name, undefined)
    waiting.set(name, found)
    return name
  }

  function convertTypes(schema: JsonSchema, names: readonly TypeName[], location: Location): SchemaDocument {
    const nodes = [...new Set(names)].map((type) => {
      if (type === 'array') return convertArray(importer, schema, location)
      if (type === 'object') return convertObject(importer, schema, location)
      return type === 'null' ? { type } : pick(schema, type)
    })
    return unionOfTypes(nodes)
  }

  function pick(schema: JsonSchema, type: 'string' | 'number' | 'integer' | 'boolean'): SchemaDocument {
    const rules = keywordsOfType[type === 'integer' ? 'number' : type].map((key) => [key, schema[key]])
    return { type, ...Object.fromEntries(rules.filter(([, value]) => value !== undefined)) }
  }

  function convertUnion(options: readonly unknown[], location: Location): SchemaDocument {
    const possible = [...options.entries()].filter(([, option]) => option !== false)
    if (possible.length === 0) return importer.convert(false, child(location, 0))
    return anyOf(possible.map(([i, option]) => importer.convert(option, child(location, i))))
  }

  let start: Found | string = {
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
  const name = nameOf(start)
  const body = importer.definition(name) ?? {}
  // Each of them may add others.
  for (const next of waiting.keys()) importer.definition(next)
  oneOfs.judgeAll()
  const isReferred = stringifyWithBigints([...definitions]).includes(`"#/$defs/${name}"`)
  const defs = Object.fromEntries(
    [...definitions]
      .filter(([key]) => isReferred || key !== name)
      .map(([key, definition = {}]) => [key, finish(importer, definition)]),
  )
  return {
    $schema: schemaDialect,
    ...finish(importer, isReferred ? { $ref: `#/$defs/${name}` } : body),
    ...(Object.keys(defs).length > 0 && { $defs: defs }),
  }
}

/** As many as a lock may have. */
const maxNodes = 50_000
/** Of nodes in each other, where a merge of two counts too: more than a lock can nest, and within the stack. */
const maxDepth = 300

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
