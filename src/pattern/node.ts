// The syntax tree of a pattern, independent of the author's notation. Both engines compile it.

import type { Ranges } from './ranges.ts'

/** A pattern of a contract: a search, as in JSON Schema, unless it is anchored. */
export interface Pattern {
  /** The author's text, as written in the lock and in issues. */
  readonly source: string
  readonly node: PatternNode
}

/**
 * One node of the tree. `start` and `end` occur only first and last in a top-level alternative; a `concat` without
 * parts is the empty text, and never occurs inside `concat` or `repeat`.
 */
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
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
