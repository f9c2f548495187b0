// Parses the text of a pattern, and rejects syntax that the two engines could read differently, with its position.
// native/core/src/pattern/parse.rs is the twin: same grammar, same order of checks, same positions.

import { AtomReader } from './atoms.ts'
import type { Pattern, PatternNode } from './node.ts'
import { PatternError } from './pattern-error.ts'
import { notLineTerminators, type Ranges } from './ranges.ts'

export { PatternError } from './pattern-error.ts'

/** Limits that bound the work of any pattern. They apply to each part of a pattern too. */
export const patternLimits = {
  /** Single-character matchers, quantifiers expanded; `x*` counts 1, `x{2,}` counts 3. */
  atoms: 1000,
  /** Ranges of those matchers after merging, quantifiers expanded; a literal is one range. */
  ranges: 10_000,
  /** Open groups at one place. */
  nesting: 100,
  /** Largest number in `{n}`, `{n,}` and `{n,m}`. */
  count: 1000,
} as const

/**
 * Parses one pattern. `flags` are those of the author's RegExp ('' or 'u'); omit them for a pattern of a lock, where
 * `\u{…}` is always allowed. Throws `PatternError` for text outside the grammar.
 */
export function parsePattern(source: string, flags?: string): Pattern {
  if (flags !== undefined && flags !== '' && flags !== 'u') {
    throw new PatternError(
      0,
      `The flags "${flags}" are refused: a JSON Schema pattern has none. Write them out, such as [Aa] for i.`,
    )
  }
  return { source, node: new Parser(source, flags !== '').parse() }
}

/** A node with its size when quantifiers are written out. */
interface Sized {
  readonly node: PatternNode
  readonly atoms: number
  readonly ranges: number
}

interface Quantifier {
  readonly at: number
  readonly min: number
  readonly max: number
}

const empty: Sized = { node: { kind: 'concat', parts: [] }, atoms: 0, ranges: 0 }

/** The only node without atoms: the parser drops other parts that match only the empty text. */
const isEmpty = (node: PatternNode): boolean => node.kind === 'concat' && node.parts.length === 0

class Parser extends AtomReader {
  #depth = 0

  parse(): PatternNode {
    const { node } = this.#alternatives()
    if (this.at < this.source.length) this.fail(this.at, 'There is no group to close. Write `\\)` for the character.')
    return node
  }

  #alternatives(): Sized {
    const branches: PatternNode[] = []
    let atoms = 0
    let ranges = 0
    let hasEmpty = false
    for (;;) {
      const from = this.at
      const branch = this.#sequence()
      atoms += branch.atoms
      ranges += branch.ranges
      this.#bound(from, atoms, ranges)
      if (isEmpty(branch.node)) hasEmpty = true
      else branches.push(branch.node)
      if (this.peek() !== '|') break
      this.at++
    }
    if (branches.length === 0) return empty
    if (hasEmpty) branches.push(empty.node)
    return {
      node: branches.length === 1 ? (branches[0] as PatternNode) : { kind: 'alternation', branches },
      atoms,
      ranges,
    }
  }

  #sequence(): Sized {
    const parts: PatternNode[] = []
    let atoms = 0
    let ranges = 0
    if (this.#depth === 0 && this.peek() === '^') {
      this.at++
      parts.push({ kind: 'start' })
    }
    for (;;) {
      const from = this.at
      const next = this.peek()
      if (next === undefined || next === '|' || next === ')') break
      if (next === '^') this.fail(from, '`^` may stand only at the start of a top-level alternative.')
      if (next === '$') {
        this.#endAnchor()
        parts.push({ kind: 'end' })
        break
      }
      const term = this.#quantified(this.#term())
      atoms += term.atoms
      ranges += term.ranges
      this.#bound(from, atoms, ranges)
      if (!isEmpty(term.node)) parts.push(term.node)
    }
    return { node: parts.length === 1 ? (parts[0] as PatternNode) : { kind: 'concat', parts }, atoms, ranges }
  }

  #endAnchor(): void {
    const behind = this.source[this.at + 1]
    if (this.#depth > 0 || (behind !== undefined && behind !== '|')) {
      this.fail(this.at, '`$` may stand only at the end of a top-level alternative.')
    }
    this.at++
  }

  #term(): Sized {
    const next = this.peek()
    if (next === '(') return this.#group()
    if (next === '.') {
      this.at++
      return sizedClass(notLineTerminators)
    }
    if (next === '[') return sizedClass(this.readClass())
    if (next === '*' || next === '+' || next === '?') {
      this.fail(this.at, `\`${next}\` has nothing to repeat. Write \`\\${next}\` for the character.`)
    }
    return sizedClass(this.readCharacter())
  }

  #group(): Sized {
    const from = this.at
    if (this.source[from + 1] === '?' && this.source[from + 2] !== ':') this.fail(from, groupError(this.source, from))
    if (++this.#depth > patternLimits.nesting) {
      this.fail(from, `Groups are nested deeper than ${patternLimits.nesting}.`)
    }
    this.at += this.source[from + 1] === '?' ? 3 : 1
    const inner = this.#alternatives()
    if (this.peek() !== ')') this.fail(from, 'The group is never closed.')
    this.at++
    this.#depth--
    return inner
  }

  #quantified(term: Sized): Sized {
    const quantifier = this.#quantifier()
    if (quantifier === undefined) return term
    const { at, min, max } = quantifier
    const times = max === Infinity ? min + 1 : max
    const atoms = term.atoms * times
    const ranges = term.ranges * times
    this.#bound(at, atoms, ranges)
    if (atoms === 0) return empty
    return min === 1 && max === 1 ? term : { node: { kind: 'repeat', node: term.node, min, max }, atoms, ranges }
  }

  #quantifier(): Quantifier | undefined {
    const at = this.at
    let bounds: { min: number; max: number }
    switch (this.peek()) {
      case '*':
        bounds = { min: 0, max: Infinity }
        break
      case '+':
        bounds = { min: 1, max: Infinity }
        break
      case '?':
        bounds = { min: 0, max: 1 }
        break
      case '{':
        bounds = this.#braces()
        this.at--
        break
      default:
        return undefined
    }
    this.at++
    // Lazy and greedy quantifiers match the same texts.
    if (this.peek() === '?') this.at++
    const behind = this.peek()
    if (behind === '*' || behind === '+' || behind === '?' || behind === '{') {
      this.fail(this.at, 'A quantifier cannot follow another. Put a group between them.')
    }
    return { at, ...bounds }
  }

  #braces(): { min: number; max: number } {
    const from = this.at
    const braces = /\{(\d+)(?:(,)(\d*))?\}/y
    braces.lastIndex = from
    const match = braces.exec(this.source)
    if (match === null) this.fail(from, 'Expected {n}, {n,} or {n,m}. Write `\\{` for the character.')
    const min = count(match[1] as string)
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : count(match[3] as string)
    if (min > patternLimits.count || max === patternLimits.count + 1) {
      this.fail(from, `A quantifier may count to ${patternLimits.count}.`)
    }
    if (min > max) this.fail(from, 'The quantifier ends below its start.')
    this.at = braces.lastIndex
    return { min, max }
  }

  #bound(at: number, atoms: number, ranges: number): void {
    if (atoms > patternLimits.atoms) {
      this.fail(at, `The pattern has more than ${patternLimits.atoms} atoms, quantifiers written out.`)
    }
    if (ranges > patternLimits.ranges) {
      this.fail(at, `The pattern has more than ${patternLimits.ranges} class ranges, quantifiers written out.`)
    }
  }
}

/** The number, capped at one more than the limit: only an absent maximum is unbounded. */
const count = (digits: string): number => Math.min(Number(digits), patternLimits.count + 1)

const sizedClass = (ranges: Ranges): Sized => ({ node: { kind: 'class', ranges }, atoms: 1, ranges: ranges.length / 2 })

function groupError(source: string, at: number): string {
  const head = source.slice(at + 2, at + 4)
  if (head[0] === '=' || head[0] === '!' || head === '<=' || head === '<!') {
    return 'Look-around is refused. Write a pattern that consumes what it checks, or use two patterns.'
  }
  if (head[0] === '<') return 'Named groups are refused. Write `(…)`.'
  return 'Group flags are refused. Write `(?:…)`, and [Aa] for a letter in either case.'
}
