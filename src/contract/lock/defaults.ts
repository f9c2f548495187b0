// The check of the defaults against the limits of their contract: a document with one must be readable by the contract
// again. native/core/src/lock/defaults.rs is the twin.

import { appendPointer, canonicalText, readText, type JsonValue } from '../../json/index.ts'
import { branchesOf, childrenOf, definition, type Limits, type Profile, type SchemaNode } from '../../model/index.ts'
import { defaultKeyword } from '../../tables/lock-keywords.ts'
import { invalid } from './errors.ts'
import type { SchemaTree } from './tree.ts'

/** Throws `contract.invalid` at the first default that breaks the limits or the data model, at its shallowest place. */
export function checkDefaults(tree: SchemaTree, limits: Limits, numbers: Profile['numbers']): void {
  const depths = shallowestDepths(tree)
  for (const { node, pointer } of tree.locations) {
    const maxDepth = limits.maxDepth - (depths.get(node) ?? 0) - 1
    for (const { value, keyword, slot } of defaultsOf(node)) {
      const at = appendPointer(appendPointer(appendPointer(pointer, keyword), slot), defaultKeyword)
      const read = readText(canonicalText(value), { ...limits, maxDepth, numbers })
      if (read.ok) continue
      throw invalid(at + read.pointer, `The contract could not read a document with this default: ${read.code}.`)
    }
  }
}

interface Default {
  readonly value: JsonValue
  readonly keyword: 'properties' | 'prefixItems'
  readonly slot: string | number
}

/** Of the members or items of the node. */
function* defaultsOf(node: SchemaNode): Generator<Default> {
  if (node.kind === 'object') {
    for (const { name, default: value } of node.properties) {
      if (value !== undefined) yield { value, keyword: 'properties', slot: name }
    }
  } else if (node.kind === 'array') {
    for (const [slot, value] of (node.prefixDefaults ?? []).entries()) {
      if (value !== undefined) yield { value, keyword: 'prefixItems', slot }
    }
  }
}

/** For each node that the root leads to: the fewest brackets that are open around a value of it. */
function shallowestDepths(tree: SchemaTree): ReadonlyMap<SchemaNode, number> {
  const depths = new Map<SchemaNode, number>()
  let level: SchemaNode[] = [tree.root]
  for (let depth = 0; level.length > 0; depth++) {
    const inside: SchemaNode[] = []
    for (let node = level.pop(); node !== undefined; node = level.pop()) {
      if (depths.has(node)) continue
      depths.set(node, depth)
      if (node.kind === 'ref') level.push(definition(tree, node.target))
      else if (node.kind === 'array' || node.kind === 'object') inside.push(...childrenOf(node))
      else level.push(...branchesOf(node))
    }
    level = inside
  }
  return depths
}
