// Lets a peer do the work of a lock file: the schema without our keywords, and the normalization as closures over
// parsed JSON. Covers x-norm wherever profile p1 allows it, so that a peer's document equals ours.

type Json = Record<string, unknown>
type Normalize = (value: unknown) => unknown

/** The schema for zod's `fromJSONSchema` and ajv. */
export function plainSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plainSchema)
  if (!isObject(schema)) return schema
  const entries = Object.entries(schema).filter(([key]) => key !== 'x-norm' && key !== 'x-discriminator')
  return Object.fromEntries(entries.map(([key, value]) => [key, plainSchema(value)]))
}

/**
 * Normalizes a parsed payload by the lock's `x-norm`, and drops the members that it strips; undefined for a lock that does
 * neither.
 */
export function normalizer(schema: unknown): Normalize | undefined {
  if (!/"x-norm"|"x-unknown":"strip"/.test(JSON.stringify(schema))) return undefined
  return compile(schema, isObject(schema) ? schema : {}, new Map())
}

const same: Normalize = (value) => value

function compile(node: unknown, root: Json, known: Map<unknown, Normalize>): Normalize {
  if (!isObject(node)) return same
  const before = known.get(node)
  if (before !== undefined) return before
  // A recursive $ref reaches a node that is still being compiled: it gets this indirection.
  let normalize: Normalize = same
  known.set(node, (value) => normalize(value))
  normalize = build(node, root, known)
  known.set(node, normalize)
  return normalize
}

function build(node: Json, root: Json, known: Map<unknown, Normalize>): Normalize {
  const ops = node['x-norm']
  if (Array.isArray(ops)) return (value) => (typeof value === 'string' ? apply(value, ops) : value)
  if (typeof node.$ref === 'string') return compile(target(node.$ref, root), root, known)
  if (Array.isArray(node.oneOf)) return discriminated(node, root, known)
  // Under anyOf, x-norm is allowed only in `[X, null]`.
  if (Array.isArray(node.anyOf)) {
    const inner = node.anyOf.filter((branch) => !isObject(branch) || branch.type !== 'null')
    return inner.length === 1 ? compile(inner[0], root, known) : same
  }
  return container(node, root, known)
}

function container(node: Json, root: Json, known: Map<unknown, Normalize>): Normalize {
  const properties = isObject(node.properties) ? node.properties : {}
  const members = new Map(Object.entries(properties).map(([key, inner]) => [key, compile(inner, root, known)]))
  const rest = compile(node.additionalProperties, root, known)
  const prefix = Array.isArray(node.prefixItems) ? node.prefixItems.map((inner) => compile(inner, root, known)) : []
  const items = compile(node.items, root, known)
  // Of a record, `x-unknown` is about names that do not match.
  const strips = node['x-unknown'] === 'strip' && node.propertyNames === undefined
  if (!strips && [...members.values(), rest, ...prefix, items].every((normalize) => normalize === same)) return same
  return (value) => {
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = (prefix[i] ?? items)(value[i])
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) {
        if (strips && !members.has(key)) delete value[key]
        else value[key] = (members.get(key) ?? rest)(value[key])
      }
    }
    return value
  }
}

function discriminated(node: Json, root: Json, known: Map<unknown, Normalize>): Normalize {
  const branches = (node.oneOf as unknown[]).map((branch) => {
    const object = isObject(branch) && typeof branch.$ref === 'string' ? target(branch.$ref, root) : branch
    return {
      properties: isObject(object) && isObject(object.properties) ? object.properties : {},
      normalize: compile(branch, root, known),
    }
  })
  const first = branches[0]?.properties ?? {}
  const key =
    typeof node['x-discriminator'] === 'string'
      ? node['x-discriminator']
      : Object.keys(first)
          .toSorted()
          .find((name) => branches.every((branch) => fixed(branch.properties[name])))
  if (key === undefined) return same
  return (value) => {
    if (!isObject(value)) return value
    return branches.find((branch) => admits(branch.properties[key], value[key]))?.normalize(value) ?? value
  }
}

const admits = (schema: unknown, value: unknown): boolean =>
  isObject(schema) && (schema.const === value || (Array.isArray(schema.enum) && schema.enum.includes(value)))

const fixed = (schema: unknown): boolean => isObject(schema) && ('const' in schema || 'enum' in schema)

function target(reference: string, root: Json): unknown {
  const defs = isObject(root.$defs) ? root.$defs : {}
  return reference === '#' ? root : defs[reference.slice('#/$defs/'.length)]
}

function apply(text: string, ops: readonly unknown[]): string {
  let done = text
  if (ops.includes('lower')) done = done.toLowerCase()
  if (ops.includes('upper')) done = done.toUpperCase()
  if (ops.includes('nfc')) done = done.normalize('NFC')
  if (ops.includes('collapse')) done = done.replace(/\s+/g, ' ')
  return ops.includes('trim') ? done.trim() : done
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
