// Parses the atoms of a pattern, which match one code point: literals, escapes and classes.
// native/core/src/pattern/atoms.rs is the twin.

import { PatternError } from './pattern-error.ts'
import { digits, lastCodePoint, negate, toRanges, whiteSpace, wordCharacters, type Ranges } from './ranges.ts'

/** One code point, or a set of them (`\d`), which cannot end a range. */
type Member = number | Ranges

const controls: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d }

const sets: Readonly<Record<string, Ranges>> = {
  d: digits,
  D: negate(digits),
  s: whiteSpace,
  S: negate(whiteSpace),
  w: wordCharacters,
  W: negate(wordCharacters),
}

const unsupportedEscapes: Readonly<Record<string, string>> = {
  b: 'Word boundaries are refused (and `\\b` in a class). Write the characters that may stand there; backspace is `\\x08`.',
  B: 'Word boundaries are refused. Write the characters that may stand there.',
  p: 'Unicode properties are refused: they change between versions. Write the code points as a class.',
  P: 'Unicode properties are refused: they change between versions. Write the code points as a class.',
  c: 'Control escapes are refused. Write `\\xHH`.',
  k: 'Back-references are refused.',
  0: '`\\0` is refused. Write `\\x00`.',
}

const isSurrogate = (code: number): boolean => (code & 0xfffff800) === 0xd800
const isHighSurrogate = (code: number): boolean => (code & 0xfffffc00) === 0xd800
const isLowSurrogate = (code: number): boolean => (code & 0xfffffc00) === 0xdc00

export class AtomReader {
  protected readonly source: string
  protected at = 0
  readonly #bracesInEscapes: boolean

  constructor(source: string, bracesInEscapes: boolean) {
    this.source = source
    this.#bracesInEscapes = bracesInEscapes
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
    if (next === ']' || next === '{' || next === '}') {
      this.fail(this.at, `\`${next}\` has no start to belong to. Write \`\\${next}\` for the character.`)
    }
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
    return negated ? negate(ranges) : ranges
  }

  #readClassPart(pairs: [number, number][]): void {
    const lowAt = this.at
    const low = this.#readMember()
    const isRange = this.peek() === '-' && this.at + 1 < this.source.length && this.source[this.at + 1] !== ']'
    if (!isRange) {
      if (typeof low === 'number') pairs.push([low, low])
      else for (let i = 0; i < low.length; i += 2) pairs.push([low[i] as number, low[i + 1] as number])
      return
    }
    const highAt = ++this.at
    const high = this.#readMember()
    if (typeof low !== 'number') this.fail(lowAt, 'A set cannot start a range. Write `\\-` for the hyphen.')
    if (typeof high !== 'number') this.fail(highAt, 'A set cannot end a range. Write `\\-` for the hyphen.')
    if (low > high) this.fail(lowAt, 'The range ends below its start.')
    pairs.push([low, high])
  }

  #readMember(): Member {
    if (this.peek() === '\\') return this.#readEscape()
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
    if (!isSurrogate(code)) return code
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
    if (!this.#bracesInEscapes)
      this.fail(from, '`\\u{…}` means "u", repeated, without flag u. Add the flag, or write `\\uHHHH`.')
    const braced = /\{0*([0-9a-fA-F]{1,6})\}/y
    braced.lastIndex = from + 2
    const code = Number.parseInt(braced.exec(this.source)?.[1] ?? 'x', 16)
    if (!(code <= lastCodePoint)) this.fail(from, 'Expected a code point up to 10FFFF in `\\u{…}`.')
    this.at = braced.lastIndex
    return code
  }
}

const isPunctuation = (letter: string): boolean => letter > ' ' && letter <= '~' && !/[0-9A-Za-z]/.test(letter)
