// Writes JSON pointers (RFC 6901) for issues and errors.

/** Longest key in a pointer, in code points: bounds the size of issues. */
const maxKeyCodePoints = 128

/** `pointer` with one more key or index. The key is truncated to 128 code points, then escaped. */
export const appendPointer = (pointer: string, key: string | number): string => `${pointer}/${pointerToken(key)}`

/** The pointer of a path from the root. */
export function pointerOf(path: readonly (string | number)[]): string {
  let pointer = ''
  for (const key of path) pointer = appendPointer(pointer, key)
  return pointer
}

const pointerToken = (key: string | number): string =>
  typeof key === 'number' ? String(key) : escapePointerKey(truncate(key))

/** A key as it stands in a pointer. */
export const escapePointerKey = (key: string): string =>
  key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key

/** A code point has two code units at most, so no more are split. */
const truncate = (key: string): string =>
  key.length <= maxKeyCodePoints ? key : [...key.slice(0, 2 * maxKeyCodePoints)].slice(0, maxKeyCodePoints).join('')
