// The canonical form as a value of JavaScript, for contracts whose integers may be bigints.

import { decodeUtf8 } from '#runtime'
import {
  childrenOf,
  definition,
  findProperty,
  flattenUnion,
  isSchema,
  type Profile,
  type ReadValue,
  type SchemaNode,
  type UnionNode,
} from '../../model/index.ts'
import { JsonObject, noLimits, readText, setMember, toPlain, type JsonValue } from '../../json/index.ts'
import { branchesByValue } from './discriminated.ts'
import { lazily } from './lazily.ts'
import { typeOf } from './scalars.ts'
import { compileVerdicts, type DocumentSide } from './validate.ts'

/**
 * Reads documents of the contract: those that it made (`output`), or accepts (`input`). An integer is a bigint at each node
 * with `x-value: "bigint"` and never at another node of numbers; where the schema says nothing, it is a bigint beyond
 * ±(2^53 - 1). undefined: JSON.parse reads the same values.
 */
export function compileValueReader(profile: Profile, side: DocumentSide = 'output'): ReadValue | undefined {
  if (profile.numbers !== 'int64' && ![profile.root, ...profile.defs].some(hasBigint)) return undefined
  const limits = { ...noLimits, numbers: profile.numbers }
  const verdicts = compileVerdicts(profile, side)
  const branchesOf = lazily(branchesByValue)
  const candidatesOf = lazily((union: UnionNode) => flattenUnion(union, profile))

  const convert = (from: SchemaNode, value: JsonValue): unknown => {
    const node = resolve(from, value)
    if (typeof value === 'bigint' || typeof value === 'number') return convertNumber(node, value)
    if (Array.isArray(value)) {
      if (node.kind !== 'array') return toPlain(value)
      return value.map((item, index) => convert(node.prefix[index] ?? (node.items || anyNode), item))
    }
    if (!(value instanceof JsonObject) || node.kind !== 'object') return toPlain(value)
    const { additional } = node
    const plain: Record<string, unknown> = {}
    for (const { key, value: member } of value.members) {
      const at = findProperty(node, key)?.node ?? (isSchema(additional) ? additional : anyNode)
      setMember(plain, key, convert(at, member))
    }
    return plain
  }

  /** The node that decides about the value, behind references, nullables and unions. */
  const resolve = (from: SchemaNode, value: JsonValue): SchemaNode => {
    let node = from
    for (;;) {
      if (node.kind === 'ref') node = definition(profile, node.target)
      else if (node.kind === 'nullable') node = value === null ? anyNode : node.inner
      else if (node.kind === 'union') {
        const candidates: readonly SchemaNode[] = candidatesOf(node)[typeOf(value)]
        const chosen =
          candidates.length === 1 ? candidates[0] : candidates.find((branch) => verdicts.accepts(branch, value))
        node = chosen ?? anyNode
      } else if (node.kind === 'discriminated') {
        const selected = value instanceof JsonObject ? value.get(node.key) : undefined
        node = branchesOf(node).get(selected) ?? anyNode
      } else return node
    }
  }

  return (canonical) => {
    const read = readText(decodeUtf8(canonical), limits)
    if (!read.ok) throw new TypeError('Expected canonical text of the contract')
    const plain = convert(profile.root, read.value)
    verdicts.forget()
    return plain
  }
}

const anyNode: SchemaNode = { kind: 'any' }

function convertNumber(node: SchemaNode, value: number | bigint): number | bigint {
  // A fixed value is a number of the schema, where a number can hold it.
  if (node.kind === 'values')
    return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : value
  if (node.kind !== 'scalar') return value
  // A default is inserted unchecked, and may be no integer.
  if (typeof value === 'number' && !Number.isInteger(value)) return value
  return node.bigint ? BigInt(value) : Number(value)
}

const hasBigint = (node: SchemaNode): boolean =>
  node.kind === 'scalar' ? node.bigint === true : childrenOf(node).some(hasBigint)
