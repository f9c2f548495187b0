// The nodes whose verdicts on a value are remembered where branches of unions would visit it again and again.

import { childrenOf, choicesOf, listsOf, resolveNode, type Profile, type SchemaNode } from '../../model/index.ts'

/**
 * The containers that are a candidate of a union or the end of a definition. Below one of them every other node visits a
 * value once, so that with them each node of the schema visits each value at most once.
 */
export function rememberedNodes(profile: Profile): ReadonlySet<SchemaNode> {
  const nodes = new Set<SchemaNode>()
  const add = (node: SchemaNode | undefined): void => {
    const end = node?.kind === 'nullable' ? resolveNode(node.inner, profile) : node
    if (end?.kind === 'array' || end?.kind === 'object') nodes.add(end)
  }
  const seen = new Set<SchemaNode>()
  const open = [profile.root, ...profile.defs]
  for (const node of open) add(resolveNode(node, profile))
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    open.push(...childrenOf(node))
    if (node.kind === 'discriminated') for (const branch of node.branches) add(resolveNode(branch.node, profile))
    else if (node.kind === 'union') {
      for (const choice of Object.values(choicesOf(node, profile))) listsOf(choice).flat().forEach(add)
    }
  }
  return nodes
}
