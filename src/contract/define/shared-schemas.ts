// Schemas that are used more than once: each becomes one entry of `$defs`, so that 25 levels of a pair do not become 2^25
// nodes.

import type { SchemaDocument } from '../schema-document.ts'

type Replace = (node: SchemaDocument) => SchemaDocument

/** Longer lists of values are worth a definition. */
const fewValues = 16

/**
 * Moves the nodes that occur more than once, as the same object, to `definitions`, and puts references in their places.
 * Only what holds other schemas, and long lists of values: the rest is as short as a reference. `nameOf` returns a new name
 * for a node.
 */
export function hoistShared(
  root: SchemaDocument,
  definitions: Record<string, SchemaDocument>,
  nameOf: (node: SchemaDocument) => string,
): SchemaDocument {
  const shared = sharedNodes([root, ...Object.values(definitions)])
  if (shared.size === 0) return root
  const references = new Map<SchemaDocument, SchemaDocument>()
  const rewritten = new Map<SchemaDocument, SchemaDocument>()
  const replace: Replace = (node) => {
    if (!shared.has(node)) return inside(node)
    const known = references.get(node)
    if (known !== undefined) return known
    const name = nameOf(node)
    const reference = { $ref: `#/$defs/${name}` }
    references.set(node, reference)
    // Reserves the name before the nodes inside get theirs.
    definitions[name] = {}
    definitions[name] = inside(node)
    return reference
  }
  const inside: Replace = (node) => {
    const known = rewritten.get(node) ?? mapChildren(node, replace)
    rewritten.set(node, known)
    return known
  }
  for (const [name, node] of Object.entries(definitions)) definitions[name] = inside(node)
  return inside(root)
}

function sharedNodes(roots: readonly SchemaDocument[]): ReadonlySet<SchemaDocument> {
  const seen = new Set<SchemaDocument>(roots)
  const shared = new Set<SchemaDocument>()
  const stack = [...roots]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    mapChildren(node, (child) => {
      if (!seen.has(child)) stack.push(child)
      else if (isWorthReference(child)) shared.add(child)
      seen.add(child)
      return child
    })
  }
  return shared
}

const isWorthReference = ({ properties, prefixItems, anyOf, oneOf, enum: values }: SchemaDocument): boolean =>
  [Object.keys(properties ?? {}), prefixItems, anyOf, oneOf].some((list) => (list?.length ?? 0) > 0) ||
  (values?.length ?? 0) > fewValues

/** A copy of the node with `replace` applied to the schemas directly inside. */
function mapChildren(node: SchemaDocument, replace: Replace): SchemaDocument {
  const copy = { ...node }
  if (copy.properties !== undefined) {
    copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([key, child]) => [key, replace(child)]))
  }
  if (typeof copy.additionalProperties === 'object') copy.additionalProperties = replace(copy.additionalProperties)
  if (typeof copy.items === 'object') copy.items = replace(copy.items)
  if (copy.prefixItems !== undefined) copy.prefixItems = copy.prefixItems.map(replace)
  if (copy.anyOf !== undefined) copy.anyOf = copy.anyOf.map(replace)
  if (copy.oneOf !== undefined) copy.oneOf = copy.oneOf.map(replace)
  return copy
}
