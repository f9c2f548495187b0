// Rewrites what matches one character of a RegExp: escapes, classes, the dot. A lock has no flags and no other spellings
// of Annex B; regex.ts rewrites groups, quantifiers and anchors.

import { parsePattern } from '../../pattern/index.ts'
import { otherCases } from './case-classes.ts'

/** A RegExp outside the grammar of a lock; the message says what to write instead. */
export class RegexError extends Error {
  override readonly name = 'RegexError'
}

const notWordWhenFolding = '\\x00-\\x2f\\x3a-\\x40\\x5b-\\x5e\\x60\\x7b-\\u017e\\u0180-\\u2129\\u212b-\\u{10ffff}'
const punctuation = /^[!-/:-@[-`{-~]$/

export class RegexAtoms {
  protected readonly source: string
  protected readonly flags: ReadonlySet<string>
  protected at = 0
  readonly #hasNames: boolean
  readonly #groups: number

  constructor({ source, flags }: RegExp) {
    this.source = source
    this.flags = new Set(flags)
    const { length, groups } = new RegExp(`${source}|`, this.flags.has('u') ? 'u' : '').exec('') as RegExpExecArray
    this.#groups = length - 1
    this.#hasNames = groups !== undefined
  }

  /** Moves past `pattern` (with flag y) and returns what it matched. */
  protected take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.source) ?? undefined
    if (match) this.at += match[0].length
    return match
  }

  protected dot(): string {
    this.at++
    return this.flags.has('s') ? '[\\s\\S]' : '.'
  }

  /** A literal or an escape outside a class. */
  protected character(): string {
    const text = this.#member(false)
    if (!this.flags.has('i')) return text
    if (text === `[^\\w\\u017f\\u212a]`) return text
    const more = this.#otherCases(text)
    return more === '' ? text : `[${more}${text}]`
  }

  /** `[…]` */
  protected characterClass(): string {
    const open = this.take(/\[\^?/y)?.[0] as string
    let items = ''
    while (this.source[this.at] !== ']') items += this.#member(true)
    this.at++
    if (items === '') return open === '[' ? '[^\\s\\S]' : '[\\s\\S]'
    const more = this.flags.has('i') ? this.#otherCases(`[${items.replace(/^\^/, '\\^')}]`) : ''
    return `${open}${more}${more === '' ? items : items.replace(/^-/, '\\-')}]`
  }

  /** The characters that flag i adds to those of `text`, as part of a class. */
  #otherCases(text: string): string {
    const { node } = parsePattern(text, this.flags.has('u') ? 'codepoint' : 'utf16')
    return node.kind === 'class' ? classText(otherCases(node.ranges, this.flags.has('u'))) : ''
  }

  #member(inClass: boolean): string {
    if (this.source[this.at] !== '\\') return this.#literal()
    const backReference = this.#hasNames || this.flags.has('u') ? /\\(?:k|[1-9]\d*)/y : /\\[1-9]\d*/y
    const known = this.take(/\\[dDsStnvfr]|\\[wW]|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}/y)?.[0]
    if (known === '\\W' && this.flags.has('i') && this.flags.has('u')) {
      // ſ and K fold to ASCII letters, so they are word characters here.
      return inClass ? notWordWhenFolding : '[^\\w\\u017f\\u212a]'
    }
    if (known !== undefined) return known
    const control = this.take(inClass && !this.flags.has('u') ? /\\c([A-Za-z0-9_])/y : /\\c([A-Za-z])/y)?.[1]
    if (control !== undefined) return hex(control.charCodeAt(0) & 31)
    if (this.take(/\\p(?=\{)|\\P(?=\{)|\\u(?=\{)/y)) return this.#braced()
    if (inClass && this.take(/\\b/y)) return '\\x08'
    if (!inClass) {
      const reference = this.#look(backReference)
      if (reference !== undefined && this.#isGroup(reference)) {
        throw new RegexError(
          `the back-reference ${reference} is refused; write out the texts that it may repeat: (?:"a"|'a') for (["'])a\\1`,
        )
      }
    }
    const octal = this.take(/\\([0-3][0-7]{0,2}|[4-7][0-7]?)/y)?.[1]
    if (octal !== undefined) return hex(Number.parseInt(octal, 8))
    if (this.#look(/\\c/y) !== undefined) {
      // Without a letter behind it, the backslash is itself.
      this.at++
      return '\\\\'
    }
    const escaped = this.source[++this.at] as string
    this.at++
    return punctuation.test(escaped) ? `\\${escaped}` : escaped
  }

  #literal(): string {
    const unit = this.source[this.at++] as string
    return unit
  }

  #look(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    return pattern.exec(this.source)?.[0]
  }

  /** Other numbers are octal without flag u, and an error of syntax with it. */
  #isGroup(reference: string): boolean {
    return reference.startsWith('\\k') || Number(reference.slice(1)) <= this.#groups
  }

  /** What stands in braces behind `\p`, `\P` or `\u`. */
  #braced(): string {
    const escape = this.source.slice(this.at - 2, this.at)
    const braced = this.take(/\{[^}]*\}/y)?.[0] ?? ''
    if (this.flags.has('u')) return escape + braced
    throw new RegexError(`${escape}${braced} means "${escape.slice(1)}${braced}" without flag u; add flag u`)
  }
}

const hex = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`

/** One character in a class. */
function text(code: number): string {
  const character = String.fromCodePoint(code)
  if (/^[0-9A-Za-z]$/.test(character)) return character
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return code < 0x100 ? hex(code) : `\\u${code.toString(16).padStart(4, '0')}`
}

/** The part of a class that holds these characters, ascending. */
function classText(characters: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const character of characters) {
    const top = ranges.at(-1)
    if (top && top[1] === character - 1) top[1] = character
    else ranges.push([character, character])
  }
  return ranges
    .map(([low, high]) => text(low) + (high === low ? '' : (high > low + 1 ? '-' : '') + text(high)))
    .join('')
}
