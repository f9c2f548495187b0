// The walk over the lock's schema: depth first, keys in canonical order, the first fault wins. It builds the tree of
// profile.ts and notes where each node stands. What needs the whole tree is checked afterwards (checks.ts).

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
import { allowsKeyword, annotations, formOf, rootKeywords, type Form } from './node-kinds.ts'
import * as read from './keywords.ts'
import type { Mutable, Place, SchemaTree } from './tree.ts'

const dialect = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/
const definitionName = /^[A-Za-z0-9_.-]+$/
const reference = /^#(?:\/\$defs\/([A-Za-z0-9_.-]+))?$/

/** Reads the schema at `pointer` of the lock. Definitions are numbered in canonical order of their names, for now. */
export function walkSchema(schema: JsonValue, pointer: string): SchemaTree {
  const definitions = schema instanceof JsonObject ? schema.get('$defs') : undefined
  const walk = new Walk(definitions instanceof JsonObject ? definitions : new JsonObject([]))
  const root = walk.node(schema, pointer, true)
  return { root, defs: walk.defs, places: walk.places }
}

/** What the keywords of one schema object say, before its node is put together. */
interface Said {
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
  readonly places: Place[] = []
  readonly defs: SchemaNode[] = []
  readonly #numbers: ReadonlyMap<string, number>
  #home = -1

  constructor(definitions: JsonObject) {
    this.#numbers = new Map(definitions.members.map(({ key }, number) => [key, number]))
  }

  node(schema: JsonValue, pointer: string, isRoot = false): SchemaNode {
    // A node stands before its children in the list of places: the order of the checks.
    const place: Mutable<Place> = { node: anyNode, pointer, home: this.#home }
    this.places.push(place)
    place.node = this.#read(schema, pointer, isRoot, place)
    return place.node
  }

  #read(schema: JsonValue, pointer: string, isRoot: boolean, place: Mutable<Place>): SchemaNode {
    if (schema === true) return { form: 'any' }
    if (schema === false) throw unsupported(pointer, 'false is only supported for items and additionalProperties.')
    if (!(schema instanceof JsonObject)) throw invalid(pointer, 'Expected a schema.')
    const form = formOf(schema, pointer, isRoot)
    const said: Said = {
      types: form.types,
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
      if (annotations.has(key)) continue
      const at = appendPointer(pointer, key)
      if (!allowsKeyword(form, key) && !(isRoot && rootKeywords.has(key))) {
        throw unsupported(at, `The keyword ${JSON.stringify(key)} is not supported here.`)
      }
      this.#keyword(key, value, at, said)
    }
    if (said.discriminator !== undefined) place.discriminator = said.discriminator
    return nodeOf(form, said)
  }

  #keyword(keyword: string, value: JsonValue, at: string, said: Said): void {
    switch (keyword) {
      case '$schema':
        if (typeof value === 'string' && dialect.test(value)) return
        throw unsupported(at, 'Expected the dialect of JSON Schema 2020-12.')
      case '$defs':
        return this.#definitions(value, at)
      case '$ref':
        said.target = this.#target(value, at)
        return
      case 'type':
        // The other forms have read it already, to tell which form they are.
        if (said.values.length > 0) said.types = readAdmittingTypes(value, at, said.values)
        return
      case 'const':
        said.values = [read.readConst(value, at)]
        return
      case 'enum':
        said.values = read.readEnum(value, at)
        return
      case 'x-norm':
        if (said.values.some((item) => typeof item !== 'string')) {
          throw unsupported(at, 'Only strings can be normalized.')
        }
        said.norm = read.readNorm(value, at)
        return
      case 'minLength':
      case 'maxLength':
        said.string[keyword] = read.readCount(value, at)
        return
      case 'pattern':
        said.pattern = read.readPattern(value, at)
        return
      case 'allOf':
        said.allOf = read.readPatterns(value, at)
        return
      case 'minimum':
      case 'exclusiveMinimum':
      case 'maximum':
      case 'exclusiveMaximum':
        said.number[keyword] = read.readBound(value, at)
        return
      case 'multipleOf':
        said.number.multipleOf = read.readDivisor(value, at)
        return
      case 'minItems':
      case 'maxItems':
        said[keyword] = read.readCount(value, at)
        return
      case 'items':
        said.items = value === false ? false : this.node(value, at)
        return
      case 'additionalProperties':
        said.additional = value === false ? false : this.node(value, at)
        return
      case 'prefixItems':
        said.prefix = this.#list(value, at)
        return
      case 'propertyNames':
        said.names = this.node(value, at)
        return
      case 'properties':
        said.properties = this.#properties(value, at)
        return
      case 'required':
        return require(value, at, said.properties)
      case 'anyOf':
      case 'oneOf':
        said.branches = this.#list(value, at)
        return
      case 'x-discriminator':
        said.discriminator = read.readText(value, at)
        return
    }
  }

  #definitions(value: JsonValue, at: string): void {
    if (!(value instanceof JsonObject)) throw invalid(at, 'Expected an object of schemas.')
    value.members.forEach(({ key, value: definition }, number) => {
      const definitionAt = appendPointer(at, key)
      if (!definitionName.test(key)) throw invalid(definitionAt, 'Expected a name of A-Z, a-z, 0-9, "_", "." and "-".')
      this.#home = number
      this.defs.push(this.node(definition, definitionAt))
    })
    this.#home = -1
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

const anyNode: SchemaNode = { form: 'any' }

/** Stands beside const and enum, which come first in canonical order. */
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

function nodeOf(form: Form, said: Said): SchemaNode {
  switch (form.name) {
    case 'any':
      return { form: 'any' }
    case 'ref':
      return { form: 'ref', target: said.target }
    case 'const':
    case 'enum': {
      const types = said.types.length > 0 ? (said.types as ScalarTypeName[]) : read.inferTypes(said.values)
      return { form: 'values', keyword: form.name, values: said.values, types, norm: said.norm }
    }
    case 'union':
      return unionOf(said.branches)
    case 'discriminated':
      // The key and the values are filled in when all definitions are known.
      return {
        form: 'discriminated',
        key: '',
        branches: said.branches.map((node) => ({ values: [], node })),
      }
    case 'string':
    case 'number':
    case 'bare':
      return scalarOf(form, said)
    case 'array':
    case 'tuple':
      return arrayOf(said)
    case 'object':
      return { form: 'object', properties: said.properties, additional: said.additional }
    case 'record':
      // That the names are a string form is checked when all definitions are known.
      return { form: 'object', properties: [], additional: said.additional, names: said.names as never }
  }
}

function unionOf(branches: readonly SchemaNode[]): SchemaNode {
  const [first, second] = branches
  if (branches.length === 2 && first && second) {
    if (isNull(second)) return { form: 'nullable', inner: first, nullFirst: false }
    if (isNull(first)) return { form: 'nullable', inner: second, nullFirst: true }
  }
  return { form: 'union', branches }
}

const isNull = (node: SchemaNode): boolean =>
  node.form === 'scalar' && node.types.length === 1 && node.types[0] === 'null'

function scalarOf(form: Form, said: Said): SchemaNode {
  const types = form.types as readonly ScalarTypeName[]
  const patterns = said.pattern ? [said.pattern, ...said.allOf] : said.allOf
  const saysString = Object.keys(said.string).length > 0 || patterns.length > 0 || said.norm.length > 0
  if (form.name === 'string' && saysString) {
    return { form: 'scalar', types, string: { ...said.string, patterns, norm: said.norm } }
  }
  if (form.name === 'number' && Object.keys(said.number).length > 0) {
    return { form: 'scalar', types, number: said.number }
  }
  return { form: 'scalar', types }
}

function arrayOf(said: Said): ArrayNode {
  const node: Mutable<ArrayNode> = { form: 'array', prefix: said.prefix, items: said.items }
  if (said.minItems !== undefined) node.minItems = said.minItems
  if (said.items === false) node.maxItems = Math.min(said.prefix.length, said.maxItems ?? Infinity)
  else if (said.maxItems !== undefined) node.maxItems = said.maxItems
  return node
}
