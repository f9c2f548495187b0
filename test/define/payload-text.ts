// JSON text of a payload in one of the many spellings that mean the same.

/** A bigint is written with all its digits. `seed` chooses white space, escapes and the order of members. */
export function payloadText(payload: unknown, seed: number): string {
  let state = seed
  const chance = (): boolean => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return seed !== 0 && (state >>> 16) % 8 === 0
  }
  const space = (): string => (chance() ? ' \n' : '')
  const text = (value: string): string => {
    const plain = JSON.stringify(value)
    return chance() && !plain.includes('\\')
      ? plain.replace(/[a-z]/, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
      : plain
  }
  const write = (value: unknown): string => {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'bigint') return String(value)
    if (Array.isArray(value)) return `[${space()}${value.map((item) => write(item ?? null)).join(`${space()},`)}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => `${text(key)}${space()}:${space()}${write(member)}`)
    return `{${space()}${(chance() ? members.toReversed() : members).join(',')}${space()}}`
  }
  return write(payload)
}
