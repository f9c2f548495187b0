// The nodes whose verdicts on a value are remembered where branches of unions would look at it again and again.

import {
  definition,
  isSchema,
  listsOf,
  choicesOf,
  resolveNode,
  type Profile,
  type SchemaNode,
} from '../../model/index.ts'

/**
 * The containers that are a candidate of a union or the end of a definition. Below one of them every other node looks at
 * a value once, so that with them each node of the schema looks at each value at most once.
 */
export function rememberedNodes(profile: Profile): ReadonlySet<SchemaNode> {
  const nodes = new Set<SchemaNode>()
  const add = (node: SchemaNode | undefined): void => {
    const end = node?.kind === 'nullable' ? resolveNode(node.inner, profile) : node
    if (end?.kind === 'array' || end?.kind === 'object') nodes.add(end)
  }
  const seen = new Set<SchemaNode>()
  const open = [profile.root, ...profile.defs]
  for (let number = -1; number < profile.defs.length; number++) {
    add(resolveNode(definition(profile, number), profile))
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'array') open.push(...node.prefix, ...(node.items === false ? [] : [node.items]))
    else if (node.kind === 'nullable') open.push(node.inner)
    else if (node.kind === 'discriminated') {
      for (const branch of node.branches) {
        open.push(branch.node)
        add(resolveNode(branch.node, profile))
      }
    } else if (node.kind === 'object') {
      open.push(...node.properties.map((property) => property.node))
      if (isSchema(node.additional)) open.push(node.additional)
    } else if (node.kind === 'union') {
      open.push(...node.branches)
      for (const choice of Object.values(choicesOf(node, profile))) listsOf(choice).flat().forEach(add)
    }
  }
  return nodes
}
