// Parses the text of a pattern, and rejects syntax that the two engines could read differently, with its position.
// native/core/src/pattern/parse.rs is the twin: same grammar, same order of checks, same positions.

import { AtomReader } from './atoms.ts'
import type { Assertion, Pattern, PatternNode, PatternUnits } from './node.ts'
import { lineTerminators, type Ranges } from './ranges.ts'

/** Limits that bound the work of any pattern. They apply to each part of a pattern too. */
export const patternLimits = {
  /** Single-character matchers, quantifiers expanded; `x*` counts 1, `x{2,}` counts 3. */
  atoms: 1000,
  /** Ranges of its different classes after merging, each class once; a literal is one range. */
  ranges: 10_000,
  /** Open groups at one place. */
  nesting: 100,
  /** Largest number in `{n}`, `{n,}` and `{n,m}`. */
  count: 1000,
} as const

/** Parses one pattern of a lock. Throws `PatternError` for text outside the grammar. */
export function parsePattern(source: string, units: PatternUnits = 'codepoint'): Pattern {
  return { source, units, node: new Parser(source, units).parse() }
}

/** A node with its number of atoms when quantifiers are written out. */
interface Sized {
  readonly node: PatternNode
  readonly atoms: number
}

interface Bounds {
  readonly min: number
  readonly max: number
}

interface Quantifier extends Bounds {
  readonly at: number
}

const shortQuantifiers: ReadonlyMap<string, Bounds> = new Map([
  ['*', { min: 0, max: Infinity }],
  ['+', { min: 1, max: Infinity }],
  ['?', { min: 0, max: 1 }],
])

const assertions: ReadonlyMap<string, Assertion> = new Map([
  ['^', 'start'],
  ['$', 'end'],
  ['\\b', 'boundary'],
  ['\\B', 'no-boundary'],
])

const empty: Sized = { node: { kind: 'concat', parts: [] }, atoms: 0 }

/** The parser drops parts that match only the empty text, and everywhere. */
const isEmpty = (node: PatternNode): boolean => node.kind === 'concat' && node.parts.length === 0

class Parser extends AtomReader {
  #depth = 0
  readonly #classes = new Set<string>()
  #ranges = 0

  parse(): PatternNode {
    const { node } = this.#alternatives()
    if (this.at < this.source.length) this.fail(this.at, 'There is no group to close. Write `\\)` for the character.')
    return node
  }

  #alternatives(): Sized {
    const branches: PatternNode[] = []
    let atoms = 0
    let hasEmpty = false
    for (;;) {
      const from = this.at
      const branch = this.#sequence()
      atoms += branch.atoms
      this.#bound(from, atoms)
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
    }
  }

  #sequence(): Sized {
    const parts: PatternNode[] = []
    let atoms = 0
    for (;;) {
      const from = this.at
      const next = this.peek()
      if (next === undefined || next === '|' || next === ')') break
      const assertion = assertions.get(next === '\\' ? this.source.slice(from, from + 2) : next)
      if (assertion !== undefined) {
        this.at += next === '\\' ? 2 : 1
        parts.push({ kind: 'assertion', assertion })
        continue
      }
      const term = this.#quantified(this.#term())
      atoms += term.atoms
      this.#bound(from, atoms)
      if (!isEmpty(term.node)) parts.push(term.node)
    }
    return { node: parts.length === 1 ? (parts[0] as PatternNode) : { kind: 'concat', parts }, atoms }
  }

  #term(): Sized {
    const next = this.peek()
    if (next === '(') return this.#group()
    const from = this.at
    if (next === '.') {
      this.at++
      return this.#class(from, this.complement(lineTerminators))
    }
    if (next === '[') return this.#class(from, this.readClass())
    if (next === '*' || next === '+' || next === '?') {
      this.fail(this.at, `\`${next}\` has nothing to repeat. Write \`\\${next}\` for the character.`)
    }
    return this.#class(from, this.readCharacter())
  }

  #class(from: number, ranges: Ranges): Sized {
    const key = ranges.join()
    if (!this.#classes.has(key)) {
      this.#classes.add(key)
      this.#ranges += ranges.length / 2
      if (this.#ranges > patternLimits.ranges) {
        this.fail(from, `The pattern has more than ${patternLimits.ranges} ranges in its classes.`)
      }
    }
    return { node: { kind: 'class', ranges }, atoms: 1 }
  }

  #group(): Sized {
    const from = this.at
    const head = groupHead(this.source, from)
    if (head === undefined) this.fail(from, groupError(this.source, from))
    if (++this.#depth > patternLimits.nesting) {
      this.fail(from, `Groups are nested deeper than ${patternLimits.nesting}.`)
    }
    this.at += head
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
    this.#bound(at, atoms)
    // Without atoms: assertions, which hold as often as one likes where they hold once.
    if (atoms === 0) return min === 0 ? empty : term
    return min === 1 && max === 1 ? term : { node: { kind: 'repeat', node: term.node, min, max }, atoms }
  }

  #quantifier(): Quantifier | undefined {
    const at = this.at
    const next = this.peek() ?? ''
    const bounds = next === '{' ? this.#braces() : shortQuantifiers.get(next)
    if (bounds === undefined) return undefined
    if (next !== '{') this.at++
    // Lazy and greedy quantifiers match the same texts.
    if (this.peek() === '?') this.at++
    const behind = this.peek()
    if (behind === '*' || behind === '+' || behind === '?' || behind === '{') {
      this.fail(this.at, 'A quantifier cannot follow another. Put a group between them.')
    }
    return { at, ...bounds }
  }

  #braces(): Bounds {
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

  #bound(at: number, atoms: number): void {
    if (atoms > patternLimits.atoms) {
      this.fail(at, `The pattern has more than ${patternLimits.atoms} atoms, quantifiers written out.`)
    }
  }
}

/** The number, capped at one more than the limit: only an absent maximum is unbounded. */
const count = (digits: string): number => Math.min(Number(digits), patternLimits.count + 1)

/** Length of the text that opens the group at `at`; undefined for one outside the grammar. */
function groupHead(source: string, at: number): number | undefined {
  if (source[at + 1] !== '?') return 1
  if (source[at + 2] === ':') return 3
  const named = /<[A-Za-z_$][\w$]*>/y
  named.lastIndex = at + 2
  return named.test(source) ? named.lastIndex - at : undefined
}

function groupError(source: string, at: number): string {
  const head = source.slice(at + 2, at + 4)
  if (head[0] === '=' || head[0] === '!' || head === '<=' || head === '<!') {
    return 'Look-around is refused. Write a pattern that consumes what it checks, or use two patterns.'
  }
  if (head[0] === '<') return "A group's name may hold ASCII letters, digits, `_` and `$`."
  return 'Group flags are refused. Write `(?:…)`, and [Aa] for a letter in either case.'
}
