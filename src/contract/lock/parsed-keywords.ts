// The values of one schema object's keywords, and the node that they make. walk.ts fills them in.
// native/core/src/lock/parsed_keywords.rs is the twin.

import type { JsonValue } from '../../json/index.ts'
import type {
  ArrayNode,
  LiteralValue,
  NormOp,
  NumberLimits,
  ObjectNode,
  Property,
  ScalarNode,
  ScalarTypeName,
  SchemaNode,
  StringLimits,
  TypeName,
  UrlLimits,
} from '../../model/index.ts'
import type { PatternUnits } from '../../pattern/index.ts'
import { inferTypes } from './keywords.ts'
import type { NodeKind } from './node-kinds.ts'
import type { Mutable } from './tree.ts'

/** The parsed keywords of one schema object, from which its node is built. */
export interface ParsedKeywords {
  readonly types: readonly TypeName[]
  readonly values: readonly LiteralValue[]
  readonly string?: Partial<StringLimits>
  /** Of `pattern`, which comes before the keyword that names them; undefined without `pattern`. */
  readonly patternUnits?: PatternUnits | undefined
  readonly number?: NumberLimits
  readonly norm: readonly NormOp[]
  readonly coerce?: true
  readonly url?: UrlLimits
  readonly minItems?: number
  readonly maxItems?: number
  readonly items: SchemaNode | false
  readonly prefix: readonly Slot[]
  readonly properties: readonly Mutable<Property>[]
  /** `additionalProperties` or `x-unknown`; undefined without both. */
  readonly additional?: ObjectNode['additional']
  readonly names?: SchemaNode
  readonly branches: readonly SchemaNode[]
  readonly discriminator?: string
  readonly bigint?: true
  readonly target: number
}

export const anyNode: SchemaNode = { kind: 'any' }

/** Without any keyword. */
export const nothingParsed: ParsedKeywords = {
  types: [],
  values: [],
  norm: [],
  items: anyNode,
  prefix: [],
  properties: [],
  branches: [],
  target: -1,
}

/** A member of an object or an item of a tuple. */
export interface Slot {
  readonly node: SchemaNode
  readonly default: JsonValue | undefined
}

export function nodeOf(nodeKind: NodeKind, parsed: ParsedKeywords): SchemaNode {
  switch (nodeKind.name) {
    case 'any':
      return { kind: 'any' }
    case 'ref':
      return { kind: 'ref', target: parsed.target }
    case 'const':
    case 'enum': {
      const types = parsed.types.length > 0 ? (parsed.types as ScalarTypeName[]) : inferTypes(parsed.values)
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
      return scalarOf(nodeKind.types as readonly ScalarTypeName[], parsed)
    case 'array':
    case 'tuple':
      return arrayOf(parsed)
    case 'object':
      return { kind: 'object', properties: parsed.properties, additional: parsed.additional ?? anyNode }
    case 'record':
      // checks.ts checks that the names are strings.
      return {
        kind: 'object',
        properties: [],
        additional: parsed.additional ?? anyNode,
        names: parsed.names as never,
      }
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

const scalarOf = (types: readonly ScalarTypeName[], parsed: ParsedKeywords): ScalarNode => {
  const { string, number, norm, url, coerce, bigint } = parsed
  return {
    kind: 'scalar',
    types,
    ...((string || url || norm.length > 0) && { string: { patterns: [], ...string, norm, ...(url && { url }) } }),
    ...(number && { number }),
    ...(coerce && { coerce }),
    ...(bigint && { bigint }),
  }
}

function arrayOf(parsed: ParsedKeywords): ArrayNode {
  const node: Mutable<ArrayNode> = {
    kind: 'array',
    prefix: parsed.prefix.map((slot) => slot.node),
    items: parsed.items,
  }
  if (parsed.minItems !== undefined) node.minItems = parsed.minItems
  if (parsed.items === false) node.maxItems = Math.min(parsed.prefix.length, parsed.maxItems ?? Infinity)
  else if (parsed.maxItems !== undefined) node.maxItems = parsed.maxItems
  const { maxItems = Infinity } = node
  // Behind maxItems nothing is inserted.
  const defaults = parsed.prefix.map((slot, index) => (index < maxItems ? slot.default : undefined))
  if (defaults.some((value) => value !== undefined)) node.prefixDefaults = defaults
  return node
}
