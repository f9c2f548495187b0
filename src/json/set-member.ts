// Members of objects whose keys come from payloads or schemas.

const inherited: object = Object.prototype

/**
 * Sets an own member. Where Object.prototype has the key too, an assignment would call a setter or reach a frozen
 * property.
 */
export function setMember<T>(object: Record<string, T>, key: string, value: T): void {
  if (Object.hasOwn(inherited, key)) {
    // Without a prototype: an inherited `get` or `set` would count as a part of the descriptor.
    const member = { __proto__: null, configurable: true, enumerable: true, writable: true, value }
    Object.defineProperty(object, key, member)
  } else object[key] = value
}
