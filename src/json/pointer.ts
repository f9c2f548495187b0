// JSON pointers (RFC 6901) as issues carry them. Resolving a pointer is not needed anywhere.

/** Longest key in a pointer, in code points: issues stay small whatever the payload's keys are. */
const maxKeyCodePoints = 128

/** `pointer` with one more key or index. The key is cut at 128 code points, then escaped. */
export const appendPointer = (pointer: string, key: string | number): string => `${pointer}/${pointerToken(key)}`

/** The pointer of a path from the root. */
export function pointerOf(path: readonly (string | number)[]): string {
  let pointer = ''
  for (const key of path) pointer = appendPointer(pointer, key)
  return pointer
}

function pointerToken(key: string | number): string {
  if (typeof key === 'number') return String(key)
  const cut = cutCodePoints(key)
  if (!cut.includes('~') && !cut.includes('/')) return cut
  return cut.replaceAll('~', '~0').replaceAll('/', '~1')
}

function cutCodePoints(key: string): string {
  if (key.length <= maxKeyCodePoints) return key
  let end = 0
  for (let count = 0; count < maxKeyCodePoints && end < key.length; count++) {
    end += (key.codePointAt(end) as number) > 0xffff ? 2 : 1
  }
  return key.slice(0, end)
}
