// Matches texts against a pattern in time linear in the text, whoever wrote the pattern: a deterministic automaton over
// the pattern's positions, built as texts need it, in bounded memory. V8's RegExp backtracks and is not used at all.
// The grammar is not here (contract/pattern).

import type { Pattern } from '../../pattern/index.ts'
import { alphabetOf, type Alphabet } from './automaton-alphabet.ts'
import { addAll, hasBit, matched, matchedAtEnd, positionsOf, type Bits, type Positions } from './automaton-positions.ts'

/** Says whether `text` holds a match. Lone surrogates are code points of their own, as under RegExp flag u. */
export type Matcher = (text: string) => boolean

/** The matcher of one pattern. Keep it: what it learns about the pattern makes later texts fast. */
export function compileMatcher(pattern: Pattern): Matcher {
  const automaton = new Automaton(positionsOf(pattern.node))
  return (text) => automaton.matches(text)
}

// Transitions hold states as offsets into the table. The first rows are not states but answers, so that one comparison
// in the inner loop finds them all.
const unknown = 0
const answers = 3

/** Most transitions that are kept, as a power of two near 1 MB. */
const maxTransitions = 1 << 18
const maxStates = 4096
const minStates = 16

class Automaton {
  readonly #positions: Positions
  readonly #alphabet: Alphabet
  readonly #steps: Steps
  readonly #kinds: number
  readonly #maxStates: number
  readonly #dead: number
  readonly #accept: number
  readonly #firstState: number
  #table: Int32Array
  /** The set of positions behind each state, by row. */
  #sets: Bits[] = []
  #states: Map<string, number> = new Map()
  #start = unknown
  /** Code points that were matched without states since the table filled up. */
  #slowSteps = 0

  constructor(positions: Positions) {
    this.#positions = positions
    this.#alphabet = alphabetOf(positions)
    this.#steps = new Steps(positions, this.#alphabet)
    this.#kinds = this.#alphabet.kinds
    this.#dead = this.#kinds
    this.#accept = 2 * this.#kinds
    this.#firstState = answers * this.#kinds
    this.#maxStates = Math.max(minStates, Math.min(maxStates, Math.floor(maxTransitions / this.#kinds)))
    this.#table = new Int32Array(0)
    this.#clear()
  }

  matches(text: string): boolean {
    // Learning the states anew costs about as much as the steps that were taken without them.
    if (this.#slowSteps > 8 * this.#maxStates) this.#clear()
    const { ascii } = this.#alphabet
    const firstState = this.#firstState
    let table = this.#table
    let state = this.#start
    if (state < firstState) return state === this.#accept
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      let kind: number
      if (unit < 128) kind = ascii[unit] as number
      else {
        const codePoint = text.codePointAt(i) as number
        if (codePoint > 0xffff) i++
        kind = this.#alphabet.kindOf(codePoint)
      }
      let next = table[state + kind] as number
      if (next < firstState) {
        if (next === unknown) {
          next = this.#learn(state, kind)
          table = this.#table
          if (next === unknown) return this.#matchesSlowly(text, i + 1)
        }
        if (next < firstState) return next === this.#accept
      }
      state = next
    }
    return hasBit(this.#sets[state / this.#kinds] as Bits, matchedAtEnd)
  }

  /** Goes on from the set that #learn left in #steps, without a table: slower, but linear too. */
  #matchesSlowly(text: string, from: number): boolean {
    const steps = this.#steps
    for (let i = from; i < text.length; i++) {
      if (hasBit(steps.set, matched)) return true
      const codePoint = text.codePointAt(i) as number
      if (codePoint > 0xffff) i++
      this.#slowSteps++
      steps.take(this.#alphabet.kindOf(codePoint))
    }
    return hasBit(steps.set, matched) || hasBit(steps.set, matchedAtEnd)
  }

  /** Finds where `kind` leads from `state`; `unknown` when the table is full, the set being in #steps then. */
  #learn(state: number, kind: number): number {
    this.#steps.set.set(this.#sets[state / this.#kinds] as Bits)
    this.#steps.take(kind)
    const next = this.#stateOf(this.#steps.set)
    this.#table[state + kind] = next
    return next
  }

  #stateOf(set: Bits): number {
    if (hasBit(set, matched)) return this.#accept
    const key = keyOf(set)
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const row = this.#sets.length
    if (row - answers >= this.#maxStates) return unknown
    const state = row * this.#kinds
    if (state + this.#kinds > this.#table.length) {
      const larger = new Int32Array(2 * this.#table.length)
      larger.set(this.#table)
      this.#table = larger
    }
    this.#sets.push(set.slice())
    this.#states.set(key, state)
    return state
  }

  #clear(): void {
    const none = new Int32Array(this.#positions.words)
    this.#table = new Int32Array((answers + 4) * this.#kinds)
    this.#sets = Array.from({ length: answers }, () => none)
    this.#states = new Map([[keyOf(none), this.#dead]])
    this.#slowSteps = 0
    this.#start = this.#stateOf(this.#positions.first)
  }
}

/** A set without the empty words around it: what comes behind a position lies mostly near it. */
interface Span {
  readonly from: number
  readonly bits: Bits
}

/** One step from set to set. The sets that follow any eight neighbours are kept, which bounds a step's work. */
class Steps {
  /** Where the steps stand; `take` changes it in place. */
  readonly set: Bits
  readonly #next: Bits
  readonly #positions: Positions
  readonly #masks: Bits
  readonly #followers: (Span | undefined)[] = []

  constructor(positions: Positions, alphabet: Alphabet) {
    this.#positions = positions
    this.#masks = alphabet.masks
    this.set = new Int32Array(positions.words)
    this.#next = new Int32Array(positions.words)
  }

  take(kind: number): void {
    const { set } = this
    const next = this.#next
    const { words, again } = this.#positions
    next.set(again)
    for (let word = 0; word < words; word++) {
      let active = (set[word] as number) & (this.#masks[kind * words + word] as number)
      for (let group = word * 4; active !== 0; group++, active >>>= 8) {
        if ((active & 255) !== 0) addSpan(next, this.#followersOf(group, active & 255))
      }
    }
    set.set(next)
  }

  /** What may come behind those of positions `8 * group` … that `byte` names. */
  #followersOf(group: number, byte: number): Span {
    const known = this.#followers[group * 256 + byte]
    if (known !== undefined) return known
    const all = new Int32Array(this.#positions.words)
    const lowest = 31 - Math.clz32(byte & -byte)
    addAll(all, this.#positions.follow[group * 8 + lowest] as Bits)
    const rest = byte & (byte - 1)
    if (rest !== 0) addSpan(all, this.#followersOf(group, rest))
    return (this.#followers[group * 256 + byte] = spanOf(all))
  }
}

function spanOf(set: Bits): Span {
  const from = Math.max(
    0,
    set.findIndex((word) => word !== 0),
  )
  return { from, bits: set.slice(from, set.findLastIndex((word) => word !== 0) + 1) }
}

function addSpan(set: Bits, { from, bits }: Span): void {
  for (let i = 0; i < bits.length; i++) set[from + i] = (set[from + i] as number) | (bits[i] as number)
}

/** The set as a Map key: its words as pairs of code units. */
function keyOf(set: Bits): string {
  let key = ''
  for (const word of set) key += String.fromCharCode(word & 0xffff, word >>> 16)
  return key
}
