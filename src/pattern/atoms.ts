// Parses the atoms of a pattern, which match one character: literals, escapes and classes.
// native/core/src/pattern/atoms.rs is the twin.

import { generalCategory } from './general-category.ts'
import type { PatternUnits } from './node.ts'
import { digits, lastCodePoint, lastUnit, negate, toRanges, whiteSpace, wordCharacters, type Ranges } from './ranges.ts'

/** A pattern outside the grammar. The message names the unsupported syntax and what to write instead. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
  /** Start of the unsupported syntax in the pattern's text, in UTF-16 code units. */
  readonly position: number

  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}

/** One character, or a set of them (`\d`), which cannot start or end a range. */
type Member = number | Ranges

const controls: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d }

const sets: Readonly<Record<string, Ranges>> = { d: digits, s: whiteSpace, w: wordCharacters }

const unsupportedEscapes: Readonly<Record<string, string>> = {
  b: '`\\b` in a class is refused. Write `\\x08` for backspace.',
  B: '`\\B` in a class is refused. Write `B` for the letter.',
  c: 'Control escapes are refused. Write `\\xHH`.',
  k: 'Back-references are refused.',
  0: '`\\0` is refused. Write `\\x00`.',
}

const isSurrogate = (code: number): boolean => (code & 0xfffff800) === 0xd800
const isHighSurrogate = (code: number): boolean => (code & 0xfffffc00) === 0xd800
const isLowSurrogate = (code: number): boolean => (code & 0xfffffc00) === 0xdc00

const hyphen = 0x2d

export class AtomReader {
  protected readonly source: string
  protected at = 0
  readonly #countsUnits: boolean
  /** The last character. */
  readonly #last: number

  constructor(source: string, units: PatternUnits) {
    this.source = source
    this.#countsUnits = units === 'utf16'
    this.#last = this.#countsUnits ? lastUnit : lastCodePoint
  }

  protected complement(ranges: Ranges): Ranges {
    return negate(ranges, this.#last)
  }

  /** The code unit that comes next; undefined at the end. */
  protected peek(): string | undefined {
    return this.source[this.at]
  }

  protected fail(position: number, message: string): never {
    throw new PatternError(position, message)
  }

  /** A literal or an escape outside a class. */
  protected readCharacter(): Ranges {
    const next = this.peek()
    if (next === '{') this.fail(this.at, '`{` has nothing to repeat. Write `\\{` for the character.')
    const member = this.#readMember()
    return typeof member === 'number' ? [member, member] : member
  }

  /** `[…]` */
  protected readClass(): Ranges {
    const from = this.at++
    const negated = this.peek() === '^'
    if (negated) this.at++
    if (this.peek() === ']') {
      this.fail(
        from,
        `An empty class is refused. Write ${negated ? '`[\\s\\S]` for any character' : '`\\]` first to mean the bracket'}.`,
      )
    }
    const pairs: [number, number][] = []
    while (this.peek() !== ']') {
      if (this.peek() === undefined) this.fail(from, 'The class is never closed. Write `\\[` for the character.')
      this.#readClassPart(pairs)
    }
    this.at++
    const ranges = toRanges(pairs)
    return negated ? this.complement(ranges) : ranges
  }

  #readClassPart(pairs: [number, number][]): void {
    const lowAt = this.at
    const low = this.#readMember()
    const isRange = this.peek() === '-' && this.at + 1 < this.source.length && this.source[this.at + 1] !== ']'
    if (!isRange) {
      addMember(pairs, low)
      return
    }
    this.at++
    const high = this.#readMember()
    if (typeof low !== 'number' || typeof high !== 'number') {
      // `[\w-.]`: a hyphen beside a set is itself (ECMA-262 Annex B).
      for (const member of [low, hyphen, high]) addMember(pairs, member)
      return
    }
    if (low > high) this.fail(lowAt, 'The range ends below its start.')
    pairs.push([low, high])
  }

  #readMember(): Member {
    if (this.peek() === '\\') return this.#readEscape()
    if (this.#countsUnits) return this.source.charCodeAt(this.at++)
    const code = this.source.codePointAt(this.at) as number
    if (isSurrogate(code)) this.fail(this.at, 'A lone surrogate is refused: no text that is read can hold it.')
    this.at += code > 0xffff ? 2 : 1
    return code
  }

  #readEscape(): Member {
    const from = this.at
    const letter = this.source[from + 1]
    if (letter === undefined) this.fail(from, 'The backslash escapes nothing. Write `\\\\` for the character.')
    if (letter === 'x') return this.#readHex(from, 2)
    if (letter === 'u') return this.#readUnicode(from)
    this.at += 2
    if (Object.hasOwn(controls, letter)) return controls[letter] as number
    if (Object.hasOwn(sets, letter)) return sets[letter] as Ranges
    const small = letter.toLowerCase()
    if (Object.hasOwn(sets, small)) return this.complement(sets[small] as Ranges)
    if (small === 'p') return this.#readProperty(from, letter === 'P')
    if (isPunctuation(letter)) return letter.charCodeAt(0)
    if (Object.hasOwn(unsupportedEscapes, letter)) this.fail(from, unsupportedEscapes[letter] as string)
    if (letter >= '1' && letter <= '9') this.fail(from, 'Back-references are refused.')
    return this.fail(from, 'The escape has no meaning. Write the character itself.')
  }

  /** `\xHH` or `\uHHHH`, at `from`. */
  #readHex(from: number, length: 2 | 4): number {
    const text = this.source.slice(from + 2, from + 2 + length)
    if (text.length < length || !/^[0-9a-fA-F]+$/.test(text)) {
      this.fail(from, `Expected ${length} hexadecimal digits behind \`\\${this.source[from + 1]}\`.`)
    }
    this.at = from + 2 + length
    return Number.parseInt(text, 16)
  }

  #readUnicode(from: number): number {
    const code = this.source[from + 2] === '{' ? this.#readBraced(from) : this.#readHex(from, 4)
    if (this.#countsUnits || !isSurrogate(code)) return code
    const second = this.at
    const isPair = this.source[from + 2] !== '{' && isHighSurrogate(code) && this.source.startsWith('\\u', second)
    if (isPair && this.source[second + 2] !== '{') {
      const low = this.#readHex(second, 4)
      if (isLowSurrogate(low)) return 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff)
    }
    return this.fail(from, 'A lone surrogate is refused: no text that is read can hold it.')
  }

  /** `\u{…}`, at `from`. */
  #readBraced(from: number): number {
    if (this.#countsUnits) this.fail(from, '`\\u{…}` is no UTF-16 code unit. Write `\\uHHHH`.')
    const braced = /\{0*([0-9a-fA-F]{1,6})\}/y
    braced.lastIndex = from + 2
    const code = Number.parseInt(braced.exec(this.source)?.[1] ?? 'x', 16)
    if (!(code <= lastCodePoint)) this.fail(from, 'Expected a code point up to 10FFFF in `\\u{…}`.')
    this.at = braced.lastIndex
    return code
  }

  /** `\p{…}` or `\P{…}`, at `from`. */
  #readProperty(from: number, negated: boolean): Ranges {
    if (this.#countsUnits) this.fail(from, '`\\p{…}` is about code points, not UTF-16 code units.')
    const braced = /\{(?:(?:gc|General_Category)=)?(\w+)\}/y
    braced.lastIndex = from + 2
    const ranges = generalCategory(braced.exec(this.source)?.[1] ?? '')
    if (ranges === undefined) {
      this.fail(
        from,
        'Expected a general category, such as `\\p{L}`. Write the code points of other properties as a class.',
      )
    }
    this.at = braced.lastIndex
    return negated ? this.complement(ranges) : ranges
  }
}

function addMember(pairs: [number, number][], member: Member): void {
  if (typeof member === 'number') pairs.push([member, member])
  else for (let i = 0; i < member.length; i += 2) pairs.push([member[i] as number, member[i + 1] as number])
}

const isPunctuation = (letter: string): boolean => letter > ' ' && letter <= '~' && !/[0-9A-Za-z]/.test(letter)
