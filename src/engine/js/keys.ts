// What the fast path must know about objects and their keys: V8 keeps keys that look like an array index apart, and lists
// them first, by number. Canonical order is by UTF-16 code units.

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** True for keys in canonical order. */
export function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return false
  return true
}

/** True for every key that V8 may list by its number, and for a few more, which does no harm. */
export const isIndexLike = (key: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(key)

/** True when an object built with these keys, in this order, would list them in another. */
export function movesKeys(names: readonly string[]): boolean {
  const built: Record<string, true> = {}
  for (const name of names) built[name] = true
  return Object.keys(built).some((name, i) => name !== names[i])
}

/** Sorts into canonical order, in place. Few keys by insertion: V8's sort costs four times that to get going. */
export function sortKeys(keys: string[]): void {
  if (keys.length > 24) {
    keys.sort()
    return
  }
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string
    let at = i
    while (at > 0 && (keys[at - 1] as string) > key) {
      keys[at] = keys[at - 1] as string
      at--
    }
    keys[at] = key
  }
}
