// JSON text of a plain value that may hold bigints, which JSON.stringify throws at.

/**
 * As `JSON.stringify(value, null, indent)`, with each bigint as its digits. For values of JSON with bigints: no `toJSON`,
 * no functions, no cycles.
 */
export function stringifyWithBigints(value: unknown, indent = 0): string {
  return write(value, indent, '\n')
}

function write(value: unknown, indent: number, lineBreak: string): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = lineBreak + ' '.repeat(indent)
  const texts = Array.isArray(value)
    ? value.map((item) => write(item, indent, inner))
    : Object.entries(value).flatMap(([key, member]) =>
        member === undefined ? [] : [`${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}${write(member, indent, inner)}`],
      )
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  if (texts.length === 0) return `${open}${close}`
  return indent > 0
    ? `${open}${inner}${texts.join(`,${inner}`)}${lineBreak}${close}`
    : `${open}${texts.join(',')}${close}`
}
