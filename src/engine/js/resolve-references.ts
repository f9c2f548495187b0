// Shortens chains of references and nullables. A lock may hold thousands of them in a row, and each would cost one
// nested call for every value.

import type { Profile, SchemaNode } from '../../model/index.ts'

/** An equivalent profile in which each definition is replaced by the node at the end of its chain. */
export function resolveReferences(profile: Profile): Profile {
  const { root, defs } = profile
  const ends = new Map<SchemaNode, SchemaNode>()
  const endOf = (from: SchemaNode): SchemaNode => {
    const chain: SchemaNode[] = []
    let node = from
    // This ends: locks with a cycle that consumes no input are rejected.
    while (!ends.has(node) && (node.kind === 'ref' || node.kind === 'nullable')) {
      chain.push(node)
      if (node.kind === 'nullable') node = node.inner
      else node = node.target < 0 ? root : (defs[node.target] as SchemaNode)
    }
    let end = ends.get(node) ?? node
    for (const link of chain.toReversed()) {
      if (link.kind === 'nullable' && end.kind !== 'nullable') end = { ...link, inner: end }
      ends.set(link, end)
    }
    return end
  }
  return { ...profile, root: endOf(root), defs: defs.map(endOf) }
}
