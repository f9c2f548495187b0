// The syntax tree of a pattern, independent of the author's notation. Both engines compile it.

import type { Ranges } from './ranges.ts'

/** What one character of a pattern is: a Unicode code point, or (x-pattern-units: "utf16") one UTF-16 code unit. */
export type PatternUnits = 'codepoint' | 'utf16'

/** A pattern of a contract: a search, as in JSON Schema, unless it is anchored. */
export interface Pattern {
  /** The author's text, as written in the lock and in issues. */
  readonly source: string
  readonly units: PatternUnits
  readonly node: PatternNode
}

/** `^`, `$`, `\b` and `\B`: they match between two characters. */
export type Assertion = 'start' | 'end' | 'boundary' | 'no-boundary'

/** One node of the tree. A `concat` without parts is the empty text, and never occurs inside `concat` or `repeat`. */
export type PatternNode =
  | { readonly kind: 'class'; readonly ranges: Ranges }
  | { readonly kind: 'concat'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'alternation'; readonly branches: readonly PatternNode[] }
  | {
      readonly kind: 'repeat'
      readonly node: PatternNode
      readonly min: number
      /** Infinity: no bound. */ readonly max: number
    }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
