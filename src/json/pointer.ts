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

function pointerToken(key: string | number): string {
  if (typeof key === 'number') return String(key)
  const text = truncate(key)
  if (!text.includes('~') && !text.includes('/')) return text
  return text.replaceAll('~', '~0').replaceAll('/', '~1')
}

function truncate(key: string): string {
  if (key.length <= maxKeyCodePoints) return key
  let end = 0
  for (let count = 0; count < maxKeyCodePoints && end < key.length; count++) {
    end += (key.codePointAt(end) as number) > 0xffff ? 2 : 1
  }
  return key.slice(0, end)
}
