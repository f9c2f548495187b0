// Matches texts against a pattern in time linear in the text, for any pattern: a deterministic automaton over the
// pattern's positions, built lazily in bounded memory. V8's RegExp is not used, because it backtracks.

import {
  addAll,
  hasBit,
  matched,
  matchedAtEnd,
  positionsOf,
  type Bits,
  type Pattern,
  type Positions,
} from '../../pattern/index.ts'
import { spend } from '../../util/step-budget.ts'
import { alphabetOf, type Alphabet } from './automaton-alphabet.ts'

/** True when `text` contains a match. Lone surrogates are code points of their own, as with the RegExp flag u. */
export type Matcher = (text: string) => boolean

/** The matcher of one pattern. It caches states, so reuse it. */
export function compileMatcher(pattern: Pattern): Matcher {
  const automaton = new Automaton(positionsOf(pattern.node, 'skip'), pattern.units === 'codepoint')
  return (text) => automaton.matches(text)
}

// Transitions hold states as offsets into the table. The first rows are not states but results, so that the inner loop
// detects all of them by one comparison.
const unknown = 0
const resultRows = 3

/** Most cached transitions: 1 MiB. */
const maxTransitions = 1 << 18
const maxStates = 4096
const minStates = 16

/** Up to four groups of a word have followers. */
const stepsPerWord = 8

class Automaton {
  readonly #positions: Positions
  readonly #alphabet: Alphabet
  readonly #steps: Steps
  readonly #symbols: number
  readonly #maxStates: number
  readonly #dead: number
  readonly #accept: number
  readonly #firstState: number
  /** A surrogate pair is one character. */
  readonly #joinsPairs: boolean
  #table: Int32Array
  /** The set of positions of each state, by row. */
  #sets: Bits[] = []
  /** Whether a text may end in each state, by row. */
  #acceptsEnd: boolean[] = []
  #states: Map<string, number> = new Map()
  #start = unknown
  /** Characters matched without cached states since the table filled up. */
  #slowSteps = 0

  constructor(positions: Positions, joinsPairs: boolean) {
    this.#positions = positions
    this.#joinsPairs = joinsPairs
    this.#alphabet = alphabetOf(positions)
    this.#steps = new Steps(positions, this.#alphabet)
    this.#symbols = this.#alphabet.size
    this.#dead = this.#symbols
    this.#accept = 2 * this.#symbols
    this.#firstState = resultRows * this.#symbols
    this.#maxStates = Math.max(minStates, Math.min(maxStates, Math.floor(maxTransitions / this.#symbols)))
    this.#table = new Int32Array(0)
    this.#reset()
  }

  matches(text: string): boolean {
    // Rebuilding the states costs about as much as the steps taken without them.
    if (this.#slowSteps > 8 * this.#maxStates) this.#reset()
    const { ascii } = this.#alphabet
    const firstState = this.#firstState
    let table = this.#table
    let state = this.#start
    if (state < firstState) return state === this.#accept
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      let symbol: number
      if (unit < 128) symbol = ascii[unit] as number
      else {
        const character = this.#characterAt(text, i, unit)
        if (character > 0xffff) i++
        symbol = this.#alphabet.symbolOf(character)
      }
      let next = table[state + symbol] as number
      if (next < firstState) {
        if (next === unknown) {
          next = this.#addTransition(state, symbol)
          table = this.#table
          if (next === unknown) return this.#matchesSlowly(text, i + 1)
        }
        if (next < firstState) return next === this.#accept
      }
      state = next
    }
    return this.#acceptsEnd[state / this.#symbols] as boolean
  }

  #characterAt(text: string, at: number, unit: number): number {
    return this.#joinsPairs && (unit & 0xfc00) === 0xd800 ? (text.codePointAt(at) as number) : unit
  }

  /** Continues from the set in #steps without a table: slower, but linear too. */
  #matchesSlowly(text: string, from: number): boolean {
    const steps = this.#steps
    for (let i = from; i < text.length; i++) {
      if (hasBit(steps.set, matched)) return true
      const character = this.#characterAt(text, i, text.charCodeAt(i))
      if (character > 0xffff) i++
      this.#slowSteps++
      steps.advance(this.#alphabet.symbolOf(character))
    }
    return hasBit(steps.set, matched) || hasBit(steps.set, matchedAtEnd)
  }

  /** The state that `symbol` leads to from `state`; `unknown` when the table is full: then #steps holds its set. */
  #addTransition(state: number, symbol: number): number {
    this.#steps.set.set(this.#sets[state / this.#symbols] as Bits)
    this.#steps.advance(symbol)
    const next = this.#stateOf(this.#steps.set)
    this.#table[state + symbol] = next
    return next
  }

  #stateOf(set: Bits): number {
    if (hasBit(set, matched)) return this.#accept
    const key = keyOf(set)
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const row = this.#sets.length
    if (row - resultRows >= this.#maxStates) return unknown
    const state = row * this.#symbols
    if (state + this.#symbols > this.#table.length) {
      const larger = new Int32Array(2 * this.#table.length)
      larger.set(this.#table)
      this.#table = larger
    }
    this.#sets.push(set.slice())
    this.#acceptsEnd.push(hasBit(set, matchedAtEnd))
    this.#states.set(key, state)
    return state
  }

  #reset(): void {
    const none = new Int32Array(this.#positions.words)
    this.#table = new Int32Array((resultRows + 4) * this.#symbols)
    this.#sets = Array.from({ length: resultRows }, () => none)
    this.#acceptsEnd = Array.from({ length: resultRows }, () => false)
    const { word, other } = this.#positions.restart
    const isSearch = [word, other].some((set) => set.some((bits) => bits !== 0))
    this.#states = isSearch ? new Map() : new Map([[keyOf(none), this.#dead]])
    this.#slowSteps = 0
    this.#start = this.#stateOf(this.#positions.first)
  }
}

/** A set without leading and trailing empty words: the followers of a position are mostly near it. */
interface Span {
  readonly from: number
  readonly bits: Bits
}

/** Steps from set to set. The followers of any eight neighbouring positions are cached, which bounds a step's work. */
class Steps {
  /** The current set; `advance` changes it in place. */
  readonly set: Bits
  readonly #next: Bits
  readonly #positions: Positions
  readonly #alphabet: Alphabet
  readonly #followers: (Span | undefined)[] = []

  constructor(positions: Positions, alphabet: Alphabet) {
    this.#positions = positions
    this.#alphabet = alphabet
    this.set = new Int32Array(positions.words)
    this.#next = new Int32Array(positions.words)
  }

  advance(symbol: number): void {
    const { set } = this
    const next = this.#next
    const { words, restart } = this.#positions
    spend(stepsPerWord * words)
    const { masks, isWord } = this.#alphabet
    next.set(isWord[symbol] ? restart.word : restart.other)
    for (let word = 0; word < words; word++) {
      let active = (set[word] as number) & (masks[symbol * words + word] as number)
      for (let group = word * 4; active !== 0; group++, active >>>= 8) {
        if ((active & 255) !== 0) addSpan(next, this.#followersOf(group, active & 255))
      }
    }
    set.set(next)
  }

  /** The followers of the positions from `8 * group` on that are set in `byte`. */
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
