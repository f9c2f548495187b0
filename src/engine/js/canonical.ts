// The canonical text (RFC 8785) of a rebuilt value: by V8 where its key order is the canonical one, else key by key. The
// writer for value trees is json/write.ts; native/core/src/canonical.rs is the twin of both.

/**
 * `explicit`: somewhere a key that looks like an array index stands where V8 would move it. Members that are `undefined`
 * are absent. The text is ill-formed JSON in no case; a lone surrogate comes out as `\udXXX`.
 */
export const canonicalOf = (value: unknown, explicit: boolean): string =>
  explicit ? writeExplicitly(value) : JSON.stringify(value)

function writeExplicitly(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(writeExplicitly).join(',')}]`
  const members: string[] = []
  // The default order of toSorted() is the canonical one: UTF-16 code units.
  for (const key of Object.keys(value).toSorted()) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${writeExplicitly(member)}`)
  }
  return `{${members.join(',')}}`
}
