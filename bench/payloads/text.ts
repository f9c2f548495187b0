// Writes JSON text as different producers do: compact, with spaces, with escapes, with unusual numbers. Values are
// plain data and NumberText, and are not checked.

/** A number with a fixed spelling: `12.50`, `1e2`, `3.0`. */
export class NumberText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export interface Style {
  /** `", "` and `": "` instead of `","` and `":"`. */
  readonly spaced: boolean
  /** Writes everything beyond ASCII as `\uXXXX`. */
  readonly ascii: boolean
}

export function writeJson(value: unknown, style: Style): string {
  const comma = style.spaced ? ', ' : ','
  const colon = style.spaced ? ': ' : ':'
  const text = (plain: string): string => {
    const quoted = JSON.stringify(plain)
    return style.ascii ? quoted.replace(/[\u0080-\uffff]/g, escaped) : quoted
  }
  const write = (inner: unknown): string => {
    if (inner instanceof NumberText) return inner.text
    if (typeof inner === 'string') return text(inner)
    if (Array.isArray(inner)) return `[${inner.map(write).join(comma)}]`
    if (typeof inner !== 'object' || inner === null) return JSON.stringify(inner)
    const members = Object.entries(inner).filter(([, member]) => member !== undefined)
    return `{${members.map(([key, member]) => text(key) + colon + write(member)).join(comma)}}`
  }
  return write(value)
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
