// What JSON.stringify serializes in the place of an object: the result of `toJSON`, or the primitive in a wrapper. Objects
// may be of another realm (a vm context, as in Jest and Electron), so that nothing here depends on `instanceof`.

/** The form of a value that would become another one. */
export const lossy: unique symbol = Symbol('lossy')

/** `value` itself, or what is serialized in its place; `lossy` for a date that is none, which would become null. */
export function jsonForm(value: object | bigint, key: string): unknown {
  const { toJSON } = value as { toJSON?: unknown }
  const form: unknown = typeof toJSON === 'function' ? toJSON.call(value, key) : value
  if (form === null && tagOf(value) === 'Date') return lossy
  if (typeof form !== 'object' || form === null) return form
  const tag = tagOf(form)
  return tag === 'Number' || tag === 'String' || tag === 'Boolean' || tag === 'BigInt' ? unwrapped(form) : form
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1)

/** The primitive in a wrapper; the object itself if it only has the tag of one. */
function unwrapped(object: object): unknown {
  for (const prototype of wrappers) {
    try {
      return Reflect.apply(prototype.valueOf, object, []) as unknown
    } catch {
      // Of another type.
    }
  }
  return object
}

const wrappers = [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype]

/**
 * True for an object whose content JSON.stringify does not see: it writes own properties alone. An instance without any
 * keeps its state elsewhere.
 */
export function hidesContent(object: object, propertyCount: number): boolean {
  if (ArrayBuffer.isView(object) || hidden.has(tagOf(object))) return true
  return propertyCount === 0 && !isPlain(object)
}

const hidden = new Set([
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Promise', 'RegExp', 'Error', 'Symbol', 'ArrayBuffer'],
  ...['SharedArrayBuffer', 'Map Iterator', 'Set Iterator', 'Generator', 'AsyncGenerator'],
])

/** Without a prototype, or with the Object.prototype of any realm. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  )
}
