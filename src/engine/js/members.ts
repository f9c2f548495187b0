// Objects whose members no contract names one by one: records, further members, and everything under `any`. Part of
// rebuild.ts, which says what a Rebuild is.

import type { Profile } from '../../model/index.ts'
import { largestNumber } from './checks.ts'
import { isIndexLike, isObject, isSorted, sortKeys } from './keys.ts'
import type { Rebuild, Walk } from './fast-walker.ts'

/** All members of an object in canonical order. `memberOf` gives undefined for a key that may not stand there. */
export function rebuildMembers(
  profile: Profile,
  walk: Walk,
  memberOf: (key: string) => Rebuild | undefined,
  required: readonly string[],
): Rebuild {
  const { maxKeys } = profile.limits
  return (value) => {
    if (!isObject(value)) return undefined
    const keys = Object.keys(value)
    if (keys.length > maxKeys) return undefined
    for (const name of required) if (!Object.hasOwn(value, name)) return undefined
    walk.keys += keys.length
    const sorted = isSorted(keys)
    // V8 lists keys that look like an array index first, so the first one tells whether there are any.
    if (!sorted && isIndexLike(keys[0] as string)) walk.explicit = true
    if (!sorted) sortKeys(keys)
    // An object that is canonical already is kept; else a new one from the first difference on.
    let result: Record<string, unknown> | undefined = sorted ? undefined : {}
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string
      // JSON.parse makes it an own property, an assignment would not.
      if (key === '__proto__') return undefined
      const member = value[key]
      const rebuilt = memberOf(key)?.(member)
      if (rebuilt === undefined) return undefined
      if (rebuilt !== member && result === undefined) {
        result = {}
        for (const earlier of keys.slice(0, i)) result[earlier] = value[earlier]
      }
      if (result !== undefined) result[key] = rebuilt
    }
    return result ?? value
  }
}

/** Any value: only the data model and the key order matter. */
export function rebuildAny(profile: Profile, walk: Walk): Rebuild {
  const largest = largestNumber(profile.numbers)
  const any: Rebuild = (value) => {
    switch (typeof value) {
      case 'number':
        return value <= largest && value >= -largest ? value : undefined
      case 'object':
        if (value === null) return value
        return Array.isArray(value) ? array(value) : object(value)
      default:
        return value
    }
  }
  const object = rebuildMembers(profile, walk, () => any, [])
  const array = (items: readonly unknown[]): unknown => {
    let result: unknown[] | undefined
    for (let i = 0; i < items.length; i++) {
      const rebuilt = any(items[i])
      if (rebuilt === undefined) return undefined
      if (rebuilt !== items[i]) (result ??= items.slice())[i] = rebuilt
    }
    return result ?? items
  }
  return any
}
