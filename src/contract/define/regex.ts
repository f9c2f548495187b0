// Rewrites a RegExp as the pattern of a lock, which has no flags: the same texts match. What needs no rewriting stays as
// the author wrote it.

import { countsUnits, parsePattern } from '../../pattern/index.ts'
import type { PatternDocument } from '../schema-document.ts'
import { RegexAtoms, RegexError } from './regex-atoms.ts'

/** The pattern that matches what `regex.test` is true for. Throws an error that says what is refused. */
export function patternOfRegex(regex: RegExp): PatternDocument {
  if (regex.flags.includes('v')) {
    throw new RegexError(
      'flag v is refused: use flag u, and write set operations and strings of a class as alternatives',
    )
  }
  const pattern = new RegexRewriter(regex).rewritten()
  const units = regex.flags.includes('u') || !countsUnits(pattern) ? 'codepoint' : 'utf16'
  parsePattern(pattern, units)
  return units === 'codepoint' ? { pattern } : { pattern, 'x-pattern-units': units }
}

const lineBreak = '[\\n\\r\\u2028\\u2029]'
const anyQuantifier = /(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y

/** Where flag m makes a difference in a part of the pattern. */
interface LineAnchors {
  readonly starts: boolean
  readonly ends: boolean
}

const noAnchors: LineAnchors = { starts: false, ends: false }

class RegexRewriter extends RegexAtoms {
  #out = ''

  rewritten(): string {
    this.#alternatives(true)
    const whole = this.flags.has('y') ? `^(?:${this.#out})` : this.#out
    // JSON text cannot hold a lone surrogate.
    return whole.replace(
      /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
    )
  }

  /** `isFirst`: nothing of the pattern stands before this part. */
  #alternatives(isFirst: boolean): LineAnchors {
    let found = noAnchors
    for (;;) {
      const branch = this.#sequence(isFirst)
      found = { starts: found.starts || branch.starts, ends: found.ends || branch.ends }
      if (this.source[this.at] !== '|') return found
      this.#out += '|'
      this.at++
    }
  }

  #sequence(isFirst: boolean): LineAnchors {
    let found = noAnchors
    for (
      let first = isFirst;
      this.at < this.source.length && !/[|)]/.test(this.source[this.at] as string);
      first = false
    ) {
      if (found.ends) refuseLineAnchor('$')
      const term = this.#term(first)
      found = { starts: found.starts || term.starts, ends: term.ends }
    }
    return found
  }

  #term(isFirst: boolean): LineAnchors {
    const next = this.source[this.at] as string
    if (next === '^' || next === '$') return this.#anchor(next, isFirst)
    const boundary = this.take(/\\[bB]/y)?.[0]
    if (boundary !== undefined) {
      if (this.flags.has('i') && this.flags.has('u')) {
        throw new RegexError(`${boundary} with the flags i and u is refused: write it without u`)
      }
      this.#out += boundary
      return noAnchors
    }
    if (next === '(') return this.#group(isFirst)
    if (next === '.') this.#out += this.dot()
    else if (next === '[') this.#out += this.characterClass()
    else if (next === '{') {
      this.#out += '\\{'
      this.at++
    } else this.#out += this.character()
    this.#quantifier()
    return noAnchors
  }

  #anchor(anchor: '^' | '$', isFirst: boolean): LineAnchors {
    this.at++
    // With flag y a match starts at 0.
    const isPlain = !this.flags.has('m') || (anchor === '^' && isFirst && this.flags.has('y'))
    if (!isPlain && anchor === '^' && !isFirst) refuseLineAnchor('^')
    this.#out += isPlain ? anchor : `(?:${anchor}|${lineBreak})`
    if (isPlain) return noAnchors
    return { starts: anchor === '^', ends: anchor === '$' }
  }

  #group(isFirst: boolean): LineAnchors {
    const head = this.take(/\((?:\?(?::|<[^=!][^>]*>|<?[=!]|))?/y)?.[0] as string
    if (/[=!]$/.test(head)) {
      throw new RegexError(
        'look-around is refused; write each condition as a .regex() of its own: ' +
          '.regex(/\\d/).regex(/^.{8,}$/) for /^(?=.*\\d).{8,}$/',
      )
    }
    if (head === '(?')
      throw new RegexError('flags of a group are refused; write both cases, [Aa], or flags of the whole')
    this.#out += /^\(\?<[A-Za-z_$][\w$]*>$/.test(head) || head === '(?:' ? head : '('
    const found = this.#alternatives(isFirst)
    this.#out += ')'
    this.at++
    if (this.#quantifier() > 1) {
      if (found.starts) refuseLineAnchor('^')
      if (found.ends) refuseLineAnchor('$')
    }
    return found
  }

  /** Reads a quantifier, if there is one, and returns how often it repeats at most. */
  #quantifier(): number {
    const match = this.take(anyQuantifier)
    if (match === undefined) return 1
    const [text, min, comma, max] = match
    this.#out += text
    if (min === undefined) return text.startsWith('?') ? 1 : Infinity
    if (comma === '') return Number(min)
    return max === '' ? Infinity : Number(max)
  }
}

function refuseLineAnchor(anchor: '^' | '$'): never {
  throw new RegexError(
    `${anchor} of flag m may only ${anchor === '^' ? 'start' : 'end'} a match; write the line break itself, \\n, without flag m`,
  )
}
