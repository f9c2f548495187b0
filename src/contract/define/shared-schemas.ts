// Schemas that are used more than once: each becomes one entry of `$defs`, so that 25 levels of a pair do not become 2^25
// nodes.

import { setMember } from '../../json/index.ts'
import { childrenOf, mapChildren, type SchemaDocument } from '../schema-document.ts'

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
    // A default belongs to the member that has the schema, not to the definition.
    const { default: value, ...schema } = node
    const reference = { $ref: `#/$defs/${name}`, ...(value === undefined ? {} : { default: value }) }
    references.set(node, reference)
    // Reserves the name before the nodes inside get theirs.
    setMember(definitions, name, {})
    definitions[name] = inside(schema)
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
    for (const child of childrenOf(node)) {
      // A node that no reference replaces is copied to each of its places, and the nodes inside it occur there again.
      if (!seen.has(child) || !isWorthReference(child)) stack.push(child)
      else shared.add(child)
      seen.add(child)
    }
  }
  return shared
}

const isWorthReference = ({ properties, prefixItems, anyOf, oneOf, enum: values }: SchemaDocument): boolean =>
  [Object.keys(properties ?? {}), prefixItems, anyOf, oneOf].some((list) => (list?.length ?? 0) > 0) ||
  (values?.length ?? 0) > fewValues
