// The canonical normal form of a contract, whose hash is the contract's id: everything that can change an outcome,
// written in one way.

import { canonicalText, compareKeys, JsonObject, type JsonValue } from '../../json/index.ts'
import type {
  ArrayNode,
  ObjectNode,
  Profile,
  ScalarNode,
  SchemaNode,
  UrlLimits,
  ValuesNode,
} from '../../model/index.ts'
import type { Pattern } from '../../pattern/index.ts'

/** Canonical JSON (RFC 8785) of the contract without annotations, `appOnly` and unused definitions. */
export function normalForm(profile: Profile): string {
  const { name, numbers, limits, compress, dictionary, digest, root, defs } = profile
  const definitions = defs.length === 0 ? undefined : object(defs.map((node, number) => [String(number), schema(node)]))
  return canonicalText(
    object([
      ['profile', 'p1'],
      ['unicode', '15.0'],
      ['name', name],
      ['numbers', numbers],
      ['limits', object(Object.entries(limits))],
      ['schema', object([['$defs', definitions], ...members(root)])],
      ['compress', object(Object.entries(compress))],
      ['dictionary', dictionary && object(Object.entries(dictionary))],
      ['digest', digest],
    ]),
  )
}

/** A member that is undefined is not written. */
type Members = readonly (readonly [key: string, value: JsonValue | undefined])[]

function object(entries: Members): JsonObject {
  const written = entries.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
  return new JsonObject(written.toSorted((a, b) => compareKeys(a.key, b.key)))
}

const schema = (node: SchemaNode): JsonObject => object(members(node))

/** The schema of a value that may be missing, with its default. */
const slot = (node: SchemaNode, value: JsonValue | undefined): JsonObject =>
  object([...members(node), ['default', value]])

function members(node: SchemaNode): Members {
  switch (node.kind) {
    case 'any':
      return []
    case 'ref':
      return [['$ref', node.target < 0 ? '#' : `#/$defs/${node.target}`]]
    case 'scalar':
      return scalarMembers(node)
    case 'values':
      return valuesMembers(node)
    case 'array':
      return arrayMembers(node)
    case 'object':
      return objectMembers(node)
    case 'union':
      return [['anyOf', node.branches.map(schema)]]
    case 'nullable': {
      const branches = [schema(node.inner), object([['type', 'null']])]
      return [['anyOf', node.nullFirst ? branches.toReversed() : branches]]
    }
    case 'discriminated':
      return [
        ['oneOf', node.branches.map((branch) => schema(branch.node))],
        ['x-discriminator', node.key],
      ]
  }
}

function scalarMembers({ types, string, number, coerce, bigint }: ScalarNode): Members {
  const [pattern, ...more] = string?.patterns ?? []
  return [
    ['type', oneOrList(types)],
    ['minLength', string?.minLength],
    ['maxLength', string?.maxLength],
    ...patternMembers(pattern),
    ['allOf', list(more.map((one) => object(patternMembers(one))))],
    ['x-norm', list(string?.norm ?? [])],
    ['x-coerce', coerce],
    ['x-url', string?.url && urlMembers(string.url)],
    ...Object.entries(number ?? {}),
    ['x-value', bigint && 'bigint'],
  ]
}

const patternMembers = (pattern: Pattern | undefined): Members => [
  ['pattern', pattern?.source],
  ['x-pattern-units', pattern?.units === 'utf16' ? 'utf16' : undefined],
]

const urlMembers = ({ hostname, protocol }: UrlLimits): JsonObject =>
  object([
    ['hostname', hostname?.source],
    ['protocol', protocol?.source],
  ])

const valuesMembers = ({ keyword, values, types, norm }: ValuesNode): Members => [
  [keyword, keyword === 'const' ? values[0] : [...values]],
  ['type', oneOrList(types)],
  ['x-norm', list(norm)],
]

const arrayMembers = ({ prefix, prefixDefaults, items, minItems, maxItems }: ArrayNode): Members => [
  ['type', 'array'],
  ['prefixItems', list(prefix.map((item, index) => slot(item, prefixDefaults?.[index])))],
  ['items', rest(items)],
  ['minItems', minItems],
  ['maxItems', maxItems],
]

const objectMembers = ({ properties, additional, names }: ObjectNode): Members => [
  ['type', 'object'],
  [
    'properties',
    properties.length === 0
      ? undefined
      : object(properties.map((property) => [property.name, slot(property.node, property.default)])),
  ],
  ['required', list(properties.filter((property) => property.required).map((property) => property.name))],
  ['additionalProperties', additional === 'strip' ? undefined : rest(additional)],
  ['x-unknown', additional === 'strip' ? 'strip' : undefined],
  ['propertyNames', names && schema(names)],
]

/** Of items and additional properties; a schema that admits any value is not written. */
const rest = (node: SchemaNode | false): JsonValue | undefined =>
  node === false ? false : node.kind === 'any' ? undefined : schema(node)

const oneOrList = (names: readonly string[]): JsonValue => (names.length === 1 ? (names[0] as string) : [...names])

const list = (items: readonly JsonValue[]): JsonValue | undefined => (items.length === 0 ? undefined : [...items])
