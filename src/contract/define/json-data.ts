// JavaScript values that a lock can hold: what JSON carries unchanged.

export type JsonData =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonData[]
  | { readonly [key: string]: JsonData }

/** A copy of the value as JSON data; undefined when JSON would lose or change a part of it. */
export function jsonData(value: unknown): JsonData | undefined {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return value.isWellFormed() ? value : undefined
  // JSON has one zero.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined
  if (typeof value === 'bigint') return bigintData(value)
  if (Array.isArray(value)) return listData(value)
  if (typeof value !== 'object' || !isPlain(value)) return undefined
  const members: [string, JsonData][] = []
  for (const [key, member] of Object.entries(value)) {
    // A member without a value is absent in JSON.
    if (member === undefined) continue
    const data = jsonData(member)
    if (data === undefined || key === '__proto__' || !key.isWellFormed()) return undefined
    members.push([key, data])
  }
  return Object.fromEntries(members)
}

/** What `numbers: 'int64'` takes. */
function bigintData(value: bigint): JsonData | undefined {
  if (Number.isSafeInteger(Number(value))) return Number(value)
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value : undefined
}

function listData(list: readonly unknown[]): JsonData | undefined {
  const items = Array.from(list, jsonData)
  return items.every((item) => item !== undefined) ? items : undefined
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
