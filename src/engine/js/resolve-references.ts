// A contract whose references lead straight to a node that looks at the value. A lock may hold thousands of references
// and nullables in a row, and each value would be led along all of them, one call deeper at each.

import type { Profile, SchemaNode } from '../../model/index.ts'

/** The same contract for every payload: what a definition leads to by references and nullables stands in its place. */
export function straighten(profile: Profile): Profile {
  const { root, defs } = profile
  const ends = new Map<SchemaNode, SchemaNode>()
  const endOf = (from: SchemaNode): SchemaNode => {
    const way: SchemaNode[] = []
    let node = from
    // This ends: a lock with a circle that consumes no input was refused.
    while (!ends.has(node) && (node.form === 'ref' || node.form === 'nullable')) {
      way.push(node)
      if (node.form === 'nullable') node = node.inner
      else node = node.target < 0 ? root : (defs[node.target] as SchemaNode)
    }
    let end = ends.get(node) ?? node
    for (const passed of way.toReversed()) {
      if (passed.form === 'nullable' && end.form !== 'nullable') end = { ...passed, inner: end }
      ends.set(passed, end)
    }
    return end
  }
  return { ...profile, root: endOf(root), defs: defs.map(endOf) }
}
