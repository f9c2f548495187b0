// What a pattern means, as a closed tree. Nothing of the author's spelling is left in it, so both engines print or
// compile from the same thing. How it is read is not here (parse.ts).

import type { Ranges } from './ranges.ts'

/** A pattern of a contract: a search, as in JSON Schema, unless it is anchored. */
export interface Pattern {
  /** The author's text, as it stands in the lock and in issues. */
  readonly source: string
  readonly node: PatternNode
}

/**
 * One node of the tree. `start` and `end` stand only first and last in a top-level alternative; a `concat` without
 * parts is the empty text, and never stands inside `concat` or `repeat`.
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
