// The walk over the lock's schema: depth first, keys in canonical order, throws the first error. It builds the nodes of
// profile.ts and records their locations. Checks that need the whole tree are in checks.ts.

import { appendPointer, JsonObject, type JsonValue } from '../../json/index.ts'
import type { Primitive } from '../../model/index.ts'
import type { Pattern } from '../../pattern/index.ts'
import type {
  ArrayNode,
  NormOp,
  NumberLimits,
  Property,
  ScalarTypeName,
  SchemaNode,
  StringLimits,
} from '../../model/index.ts'
import type { TypeName } from '../../model/index.ts'
import { invalid, unsupported } from './errors.ts'
import { allowsKeyword, nodeKindOf, rootKeywords, type NodeKind } from './node-kinds.ts'
import * as read from './keywords.ts'
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

/** The parsed keywords of one schema object, from which its node is built. */
interface ParsedKeywords {
  types: readonly TypeName[]
  values: readonly Primitive[]
  string: Partial<Mutable<StringLimits>>
  number: Mutable<NumberLimits>
  norm: readonly NormOp[]
  pattern?: Pattern
  allOf: readonly Pattern[]
  minItems?: number
  maxItems?: number
  items: SchemaNode | false
  prefix: readonly SchemaNode[]
  properties: Mutable<Property>[]
  additional: SchemaNode | false
  names?: SchemaNode
  branches: readonly SchemaNode[]
  discriminator?: string
  target: number
}

class Walk {
  readonly locations: SchemaLocation[] = []
  readonly defs: SchemaNode[] = []
  readonly #numbers: ReadonlyMap<string, number>
  #owner = -1

  constructor(definitions: JsonObject) {
    this.#numbers = new Map(definitions.members.map(({ key }, number) => [key, number]))
  }

  node(schema: JsonValue, pointer: string, isRoot = false): SchemaNode {
    // A node comes before its children in the list of locations, the order of the checks.
    const location: Mutable<SchemaLocation> = { node: anyNode, pointer, owner: this.#owner }
    this.locations.push(location)
    location.node = this.#read(schema, pointer, isRoot, location)
    return location.node
  }

  #read(schema: JsonValue, pointer: string, isRoot: boolean, location: Mutable<SchemaLocation>): SchemaNode {
    if (schema === true) return { kind: 'any' }
    if (schema === false) throw unsupported(pointer, 'false is only supported for items and additionalProperties.')
    if (!(schema instanceof JsonObject)) throw invalid(pointer, 'Expected a schema.')
    const nodeKind = nodeKindOf(schema, pointer, isRoot)
    const parsed: ParsedKeywords = {
      types: nodeKind.types,
      values: [],
      string: {},
      number: {},
      norm: [],
      allOf: [],
      items: anyNode,
      prefix: [],
      properties: [],
      additional: anyNode,
      branches: [],
      target: -1,
    }
    for (const { key, value } of schema.members) {
      if (read.annotations.has(key)) continue
      const at = appendPointer(pointer, key)
      if (!allowsKeyword(nodeKind, key) && !(isRoot && rootKeywords.has(key))) {
        throw unsupported(at, `The keyword ${JSON.stringify(key)} is not supported here.`)
      }
      this.#keyword(key, value, at, parsed)
    }
    if (parsed.discriminator !== undefined) location.discriminator = parsed.discriminator
    return nodeOf(nodeKind, parsed)
  }

  #keyword(keyword: string, value: JsonValue, at: string, parsed: ParsedKeywords): void {
    switch (keyword) {
      case '$schema':
        if (typeof value === 'string' && dialect.test(value)) return
        throw unsupported(at, 'Expected the dialect of JSON Schema 2020-12.')
      case '$defs':
        return this.#definitions(value, at)
      case '$ref':
        parsed.target = this.#target(value, at)
        return
      case 'type':
        // nodeKindOf has read the type of the other kinds.
        if (parsed.values.length > 0) parsed.types = readAdmittingTypes(value, at, parsed.values)
        return
      case 'const':
        parsed.values = [read.readConst(value, at)]
        return
      case 'enum':
        parsed.values = read.readEnum(value, at)
        return
      case 'x-norm':
        if (parsed.values.some((item) => typeof item !== 'string')) {
          throw unsupported(at, 'Only strings can be normalized.')
        }
        parsed.norm = read.readNorm(value, at)
        return
      case 'minLength':
      case 'maxLength':
        parsed.string[keyword] = read.readCount(value, at)
        return
      case 'pattern':
        parsed.pattern = read.readPattern(value, at)
        return
      case 'allOf':
        parsed.allOf = read.readPatterns(value, at)
        return
      case 'minimum':
      case 'exclusiveMinimum':
      case 'maximum':
      case 'exclusiveMaximum':
        parsed.number[keyword] = read.readBound(value, at)
        return
      case 'multipleOf':
        parsed.number.multipleOf = read.readDivisor(value, at)
        return
      case 'minItems':
      case 'maxItems':
        parsed[keyword] = read.readCount(value, at)
        return
      case 'items':
        parsed.items = value === false ? false : this.node(value, at)
        return
      case 'additionalProperties':
        parsed.additional = value === false ? false : this.node(value, at)
        return
      case 'prefixItems':
        parsed.prefix = this.#list(value, at)
        return
      case 'propertyNames':
        parsed.names = this.node(value, at)
        return
      case 'properties':
        parsed.properties = this.#properties(value, at)
        return
      case 'required':
        return require(value, at, parsed.properties)
      case 'anyOf':
      case 'oneOf':
        parsed.branches = this.#list(value, at)
        return
      case 'x-discriminator':
        parsed.discriminator = read.readText(value, at)
        return
    }
  }

  #definitions(value: JsonValue, at: string): void {
    if (!(value instanceof JsonObject)) throw invalid(at, 'Expected an object of schemas.')
    value.members.forEach(({ key, value: definition }, number) => {
      const definitionAt = appendPointer(at, key)
      if (!definitionName.test(key)) throw invalid(definitionAt, 'Expected a name of A-Z, a-z, 0-9, "_", "." and "-".')
      this.#owner = number
      this.defs.push(this.node(definition, definitionAt))
    })
    this.#owner = -1
  }

  #target(value: JsonValue, at: string): number {
    const match = reference.exec(read.readText(value, at))
    if (match === null) throw unsupported(at, 'Only "#" and "#/$defs/Name" are supported.')
    const name = match[1]
    if (name === undefined) return -1
    const number = this.#numbers.get(name)
    if (number === undefined) throw invalid(at, `There is no definition ${JSON.stringify(name)}.`)
    return number
  }

  #list(value: JsonValue, at: string): SchemaNode[] {
    return read.readNonEmptyList(value, at).map((item, index) => this.node(item, appendPointer(at, index)))
  }

  #properties(value: JsonValue, at: string): Mutable<Property>[] {
    if (!(value instanceof JsonObject)) throw invalid(at, 'Expected an object of schemas.')
    return value.members.map(({ key, value: property }) => ({
      name: key,
      required: false,
      node: this.node(property, appendPointer(at, key)),
    }))
  }
}

const anyNode: SchemaNode = { kind: 'any' }

/** The `type` of a const or enum; those keywords come first in canonical order. */
function readAdmittingTypes(value: JsonValue, at: string, values: readonly Primitive[]): readonly TypeName[] {
  const types = read.readTypes(value, at)
  if (values.every((item) => read.admitsValue(types, item))) return types
  throw invalid(at, 'The type does not admit every value beside it.')
}

/** Marks the required properties; comes after `properties` in canonical order. */
function require(value: JsonValue, at: string, properties: readonly Mutable<Property>[]): void {
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

function nodeOf(nodeKind: NodeKind, parsed: ParsedKeywords): SchemaNode {
  switch (nodeKind.name) {
    case 'any':
      return { kind: 'any' }
    case 'ref':
      return { kind: 'ref', target: parsed.target }
    case 'const':
    case 'enum': {
      const types = parsed.types.length > 0 ? (parsed.types as ScalarTypeName[]) : read.inferTypes(parsed.values)
      return { kind: 'values', keyword: nodeKind.name, values: parsed.values, types, norm: parsed.norm }
    }
    case 'union':
      return unionOf(parsed.branches)
    case 'discriminated':
      // checks.ts fills in the key and the values.
      return {
        kind: 'discriminated',
        key: '',
        branches: parsed.branches.map((node) => ({ values: [], node })),
      }
    case 'string':
    case 'number':
    case 'bare':
      return scalarOf(nodeKind, parsed)
    case 'array':
    case 'tuple':
      return arrayOf(parsed)
    case 'object':
      return { kind: 'object', properties: parsed.properties, additional: parsed.additional }
    case 'record':
      // checks.ts checks that the names are strings.
      return { kind: 'object', properties: [], additional: parsed.additional, names: parsed.names as never }
  }
}

function unionOf(branches: readonly SchemaNode[]): SchemaNode {
  const [first, second] = branches
  if (branches.length === 2 && first && second) {
    if (isNull(second)) return { kind: 'nullable', inner: first, nullFirst: false }
    if (isNull(first)) return { kind: 'nullable', inner: second, nullFirst: true }
  }
  return { kind: 'union', branches }
}

const isNull = (node: SchemaNode): boolean =>
  node.kind === 'scalar' && node.types.length === 1 && node.types[0] === 'null'

function scalarOf(nodeKind: NodeKind, parsed: ParsedKeywords): SchemaNode {
  const types = nodeKind.types as readonly ScalarTypeName[]
  const patterns = parsed.pattern ? [parsed.pattern, ...parsed.allOf] : parsed.allOf
  const hasStringLimits = Object.keys(parsed.string).length > 0 || patterns.length > 0 || parsed.norm.length > 0
  if (nodeKind.name === 'string' && hasStringLimits) {
    return { kind: 'scalar', types, string: { ...parsed.string, patterns, norm: parsed.norm } }
  }
  if (nodeKind.name === 'number' && Object.keys(parsed.number).length > 0) {
    return { kind: 'scalar', types, number: parsed.number }
  }
  return { kind: 'scalar', types }
}

function arrayOf(parsed: ParsedKeywords): ArrayNode {
  const node: Mutable<ArrayNode> = { kind: 'array', prefix: parsed.prefix, items: parsed.items }
  if (parsed.minItems !== undefined) node.minItems = parsed.minItems
  if (parsed.items === false) node.maxItems = Math.min(parsed.prefix.length, parsed.maxItems ?? Infinity)
  else if (parsed.maxItems !== undefined) node.maxItems = parsed.maxItems
  return node
}
