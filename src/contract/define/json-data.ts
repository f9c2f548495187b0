// JavaScript values that a lock can hold: what JSON carries unchanged.

export type JsonData =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonData[]
  | { readonly [key: string]: JsonData }

/** Deeper than any payload: the value holds itself. */
const maxDepth = 120
/** More do not fit a lock: an object that is used many times is written as often. */
const maxValues = 1_048_576

/** A copy of the value as JSON data; undefined when JSON would lose or change a part of it, or a lock cannot hold it. */
export function jsonData(value: unknown): JsonData | undefined {
  let values = 0
  const copy = (part: unknown, depth: number): JsonData | undefined => {
    if (depth > maxDepth || ++values > maxValues) return undefined
    if (part === null || typeof part === 'boolean') return part
    if (typeof part === 'string') return part.isWellFormed() ? part : undefined
    // JSON has one zero.
    if (typeof part === 'number') return Number.isFinite(part) ? part + 0 : undefined
    if (typeof part === 'bigint') return bigintData(part)
    if (Array.isArray(part)) return copyList(part, depth)
    return typeof part === 'object' && isPlain(part) ? copyMembers(part, depth) : undefined
  }
  const copyList = (list: readonly unknown[], depth: number): JsonData | undefined => {
    const items: JsonData[] = []
    // A hole is read as undefined.
    for (const item of list) {
      const data = copy(item, depth + 1)
      if (data === undefined) return undefined
      items.push(data)
    }
    return items
  }
  const copyMembers = (object: object, depth: number): JsonData | undefined => {
    const members: [string, JsonData][] = []
    for (const [key, member] of Object.entries(object)) {
      // A member without a value is absent in JSON.
      if (member === undefined) continue
      const data = copy(member, depth + 1)
      if (data === undefined || key === '__proto__' || !key.isWellFormed()) return undefined
      members.push([key, data])
    }
    return Object.fromEntries(members)
  }
  return copy(value, 0)
}

/** What `numbers: 'int64'` takes. */
function bigintData(value: bigint): JsonData | undefined {
  if (Number.isSafeInteger(Number(value))) return Number(value)
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value : undefined
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
