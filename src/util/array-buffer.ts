// Tells an ArrayBuffer or a SharedArrayBuffer from a value.

const sizes = [
  ArrayBuffer.prototype,
  ...(typeof SharedArrayBuffer === 'undefined' ? [] : [SharedArrayBuffer.prototype]),
]

/** Empty for an object whose own tag cannot be read: it is a value. */
function tagOf(payload: object): string {
  try {
    return Object.prototype.toString.call(payload)
  } catch {
    return ''
  }
}

/** Of any realm, and no lookalike: the getter of the size throws for those. */
export function isArrayBuffer(payload: unknown): payload is ArrayBufferLike {
  if (typeof payload !== 'object' || payload === null) return false
  if (!/^\[object (Shared)?ArrayBuffer\]$/.test(tagOf(payload))) return false
  return sizes.some((prototype) => {
    try {
      return Reflect.get(prototype, 'byteLength', payload) !== undefined
    } catch {
      return false
    }
  })
}
