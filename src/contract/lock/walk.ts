// The walk over the lock's schema: depth first, keys in canonical order, throws the first error. It reads
// the keywords of each node and records its location. Checks that need the whole tree are in checks.ts.

import { appendPointer, JsonObject, type JsonValue } from '../../json/index.ts'
import { defaultKeyword } from '../../tables/lock-keywords.ts'
import type { LiteralValue, Property, SchemaNode, TypeName } from '../../model/index.ts'
import { invalid, unsupported } from './errors.ts'
import { allowsKeyword, nodeKindOf, rootKeywords } from './node-kinds.ts'
import * as read from './keywords.ts'
import { anyNode, nodeOf, nothingParsed, type ParsedKeywords, type Slot } from './parsed-keywords.ts'
import type { Mutable, SchemaLocation, SchemaTree } from './tree.ts'

const dialect = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/
const definitionName = /^[A-Za-z0-9_.-]+$/
const reference = /^#(?:\/\$defs\/([A-Za-z0-9_.-]+))?$/

/** Reads the schema at `pointer` of the lock. Definitions are numbered by the canonical order of their names. */
export function walkSchema(schema: JsonValue, pointer: string): SchemaTree {
  const definitions = schema instanceof JsonObject ? schema.get('$defs') : undefined
  const walk = new Walk(definitions instanceof JsonObject ? definitions : new JsonObject([]))
  const root = walk.node(schema, pointer, true)
  return { root, defs: walk.defs, locations: walk.locations }
}

/** Reads the value of one keyword. `parsed`: the keywords before it, in canonical order. */
type KeywordReader = (
  value: JsonValue,
  at: string,
  parsed: ParsedKeywords,
  walk: Walk,
  schema: JsonObject,
) => Partial<ParsedKeywords>

const keywordReaders: Readonly<Record<string, KeywordReader>> = {
  $schema(value, at) {
    if (typeof value === 'string' && dialect.test(value)) return {}
    throw unsupported(at, 'Expected the dialect of JSON Schema 2020-12.')
  },
  $defs(value, at, _, walk) {
    walk.definitions(value, at)
    return {}
  },
  $ref: (value, at, _, walk) => ({ target: walk.target(value, at) }),
  // nodeKindOf has read the type of the kinds other than const and enum.
  type: (value, at, { types, values }) => ({
    types: values.length > 0 ? readAdmittingTypes(value, at, values) : types,
  }),
  const: (value, at) => ({ values: [read.readConst(value, at)] }),
  enum: (value, at) => ({ values: read.readEnum(value, at) }),
  'x-norm'(value, at, { values }) {
    if (values.some((item) => typeof item !== 'string')) throw unsupported(at, 'Only strings can be normalized.')
    return { norm: read.readNorm(value, at) }
  },
  'x-coerce': (value, at, { types }) => ({ coerce: read.readCoerce(value, at, types) }),
  'x-url': (value, at) => ({ url: read.readUrl(value, at) }),
  minLength: (value, at, { string }) => ({ string: { ...string, minLength: read.readCount(value, at) } }),
  maxLength: (value, at, { string }) => ({ string: { ...string, maxLength: read.readCount(value, at) } }),
  allOf: (value, at) => ({ string: { patterns: read.readPatterns(value, at) } }),
  pattern: (value, at, { string, patternUnits = 'codepoint' }) => ({
    string: { ...string, patterns: [read.readPattern(value, at, patternUnits), ...(string?.patterns ?? [])] },
  }),
  'x-pattern-units'(value, at, { patternUnits }) {
    read.readPatternUnits(value, at, patternUnits !== undefined)
    return {}
  },
  minimum: (value, at, { number }) => ({ number: { ...number, minimum: read.readBound(value, at) } }),
  exclusiveMinimum: (value, at, { number }) => ({ number: { ...number, exclusiveMinimum: read.readBound(value, at) } }),
  maximum: (value, at, { number }) => ({ number: { ...number, maximum: read.readBound(value, at) } }),
  exclusiveMaximum: (value, at, { number }) => ({ number: { ...number, exclusiveMaximum: read.readBound(value, at) } }),
  multipleOf: (value, at, { number }) => ({ number: { ...number, multipleOf: read.readDivisor(value, at) } }),
  minItems: (value, at) => ({ minItems: read.readCount(value, at) }),
  maxItems: (value, at) => ({ maxItems: read.readCount(value, at) }),
  items: (value, at, _, walk) => ({ items: value === false ? false : walk.node(value, at) }),
  // `minItems` comes first in canonical order.
  prefixItems: (value, at, { minItems = 0 }, walk) => ({ prefix: walk.prefix(value, at, minItems) }),
  additionalProperties: (value, at, _, walk) => ({ additional: value === false ? false : walk.node(value, at) }),
  propertyNames: (value, at, _, walk) => ({ names: walk.node(value, at) }),
  properties: (value, at, _, walk, schema) => ({
    properties: walk.properties(value, schema.get('required'), at),
  }),
  'x-unknown': (value, at, { additional, names }) => ({ additional: readUnknown(value, at, additional ?? names) }),
  required(value, at, { properties }) {
    markRequired(value, at, properties)
    return {}
  },
  anyOf: (value, at, _, walk) => ({ branches: walk.list(value, at) }),
  oneOf: (value, at, _, walk) => ({ branches: walk.list(value, at) }),
  'x-value'(value, at, { types }) {
    if (!types.includes('integer') || types.some((type) => type !== 'integer' && type !== 'null'))
      throw unsupported(at, 'Only an integer has an x-value.')
    read.readOneOf(['bigint'], value, at)
    return { bigint: true }
  },
  'x-discriminator': (value, at) => ({ discriminator: read.readText(value, at) }),
}

class Walk {
  readonly locations: SchemaLocation[] = []
  readonly defs: SchemaNode[] = []
  readonly #numbers: ReadonlyMap<string, number>
  #owner = -1

  constructor(definitions: JsonObject) {
    this.#numbers = new Map(definitions.members.map(({ key }, number) => [key, number]))
  }

  node(schema: JsonValue, pointer: string, isRoot = false, defaultAllowed = false): SchemaNode {
    // A node comes before its children in the list of locations, the order of the checks.
    const location: Mutable<SchemaLocation> = { node: anyNode, pointer, owner: this.#owner }
    this.locations.push(location)
    location.node = this.#read(schema, pointer, isRoot, defaultAllowed, location)
    return location.node
  }

  /** `mayBeMissing`: whether the schema may have a default. */
  #slot(schema: JsonValue, pointer: string, mayBeMissing: boolean): Slot {
    const node = this.node(schema, pointer, false, mayBeMissing)
    return { node, default: schema instanceof JsonObject ? schema.get(defaultKeyword) : undefined }
  }

  #read(
    schema: JsonValue,
    pointer: string,
    isRoot: boolean,
    defaultAllowed: boolean,
    location: Mutable<SchemaLocation>,
  ): SchemaNode {
    if (schema === true) return { kind: 'any' }
    if (schema === false) throw unsupported(pointer, 'false is only supported for items and additionalProperties.')
    if (!(schema instanceof JsonObject)) throw invalid(pointer, 'Expected a schema.')
    const nodeKind = nodeKindOf(schema, pointer, isRoot)
    const patternUnits = schema.has('pattern') ? read.patternUnitsOf(schema) : undefined
    const parsed = { ...nothingParsed, types: nodeKind.types, patternUnits }
    for (const { key, value } of schema.members) {
      if (read.annotations.has(key)) continue
      const at = appendPointer(pointer, key)
      if (key === defaultKeyword) {
        if (defaultAllowed) continue
        throw unsupported(at, 'Only a value that may be missing can have a default.')
      }
      if (!allowsKeyword(nodeKind, key) && !(isRoot && rootKeywords.has(key))) {
        throw unsupported(at, `The keyword ${JSON.stringify(key)} is not supported here.`)
      }
      Object.assign(parsed, (keywordReaders[key] as KeywordReader)(value, at, parsed, this, schema))
    }
    if (parsed.discriminator !== undefined) location.discriminator = parsed.discriminator
    return nodeOf(nodeKind, parsed)
  }

  definitions(value: JsonValue, at: string): void {
    if (!(value instanceof JsonObject)) throw invalid(at, 'Expected an object of schemas.')
    value.members.forEach(({ key, value: definition }, number) => {
      const definitionAt = appendPointer(at, key)
      if (!definitionName.test(key)) throw invalid(definitionAt, 'Expected a name of A-Z, a-z, 0-9, "_", "." and "-".')
      this.#owner = number
      this.defs.push(this.node(definition, definitionAt))
    })
    this.#owner = -1
  }

  target(value: JsonValue, at: string): number {
    const match = reference.exec(read.readText(value, at))
    if (match === null) throw unsupported(at, 'Only "#" and "#/$defs/Name" are supported.')
    const name = match[1]
    if (name === undefined) return -1
    const number = this.#numbers.get(name)
    if (number === undefined) throw invalid(at, `There is no definition ${JSON.stringify(name)}.`)
    return number
  }

  list(value: JsonValue, at: string): SchemaNode[] {
    return read.readNonEmptyList(value, at).map((item, index) => this.node(item, appendPointer(at, index)))
  }

  /** The items from number `filled` on may be missing. */
  prefix(value: JsonValue, at: string, filled: number): Slot[] {
    return read
      .readNonEmptyList(value, at)
      .map((item, index) => this.#slot(item, appendPointer(at, index), index >= filled))
  }

  /** `required`: as written, checked later; markRequired() comes behind in canonical order. */
  properties(value: JsonValue, required: JsonValue | undefined, at: string): Mutable<Property>[] {
    if (!(value instanceof JsonObject)) throw invalid(at, 'Expected an object of schemas.')
    const filled = new Set(Array.isArray(required) ? required : [])
    return value.members.map(({ key, value: property }) => {
      const slot = this.#slot(property, appendPointer(at, key), !filled.has(key))
      const node = { name: key, required: false, node: slot.node }
      return slot.default === undefined ? node : { ...node, default: slot.default }
    })
  }
}

/** The `type` of a const or enum; those keywords come first in canonical order. */
function readAdmittingTypes(value: JsonValue, at: string, values: readonly LiteralValue[]): readonly TypeName[] {
  const types = read.readTypes(value, at)
  if (values.every((item) => read.admitsValue(types, item))) return types
  throw invalid(at, 'The type does not admit every value beside it.')
}

/** Marks the required properties; comes after `properties` in canonical order. */
function markRequired(value: JsonValue, at: string, properties: readonly Mutable<Property>[]): void {
  if (!Array.isArray(value)) throw invalid(at, 'Expected a list of property names.')
  const byName = new Map(properties.map((property) => [property.name, property]))
  value.forEach((name, index) => {
    const nameAt = appendPointer(at, index)
    if (typeof name !== 'string') throw invalid(nameAt, 'Expected a property name.')
    const property = byName.get(name)
    if (property === undefined) throw invalid(nameAt, `The property ${JSON.stringify(name)} is not in properties.`)
    if (property.required) throw invalid(nameAt, `The property ${JSON.stringify(name)} is there twice.`)
    property.required = true
  })
}

function readUnknown(value: JsonValue, at: string, other: SchemaNode | false | 'strip' | undefined): 'strip' {
  if (value !== 'strip') throw invalid(at, 'Expected "strip".')
  if (other === undefined) return value
  throw invalid(at, 'x-unknown excludes additionalProperties and propertyNames.')
}
