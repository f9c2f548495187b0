// The types that the fast path's compiler shares with its code generator.

import type { Profile, SchemaNode } from '../../model/index.ts'

/**
 * Normalizes and checks one value of JSON.parse, and returns it in canonical key order; undefined where it is invalid
 * or its validity is uncertain. It reads own properties only. It edits its argument in place where it can, because a copy
 * would double the heap; not while branches are tried, which take one value after the other.
 */
export type Visitor = (value: unknown) => unknown

/** What the visitors of a contract find out besides the value. Reset before each payload. */
export interface VisitState {
  /** Members of all objects. Must equal the number of members in the text, else a key occurs twice. */
  members: number
  /** Some object has a key that looks like an array index, which V8 moves to the front. */
  movesKeys: boolean
  /** Length of what defaults add to the text, in UTF-16 units; see `insert`. */
  inserted: number
  /** Visits to containers and their members, where branches of unions may visit one value again and again. */
  visits: number
  /** The visitors throw beyond it. */
  maxVisits: number
  /** Unions that try their branches: values are not edited in place. */
  branching: number
  /** The payload is large: memory counts more than time. */
  isLarge: boolean
}

/** What generated code needs of the compiler of its contract. */
export interface VisitorCompiler {
  readonly profile: Profile
  readonly state: VisitState
  /** Names that generated code reads without `hasOwn`: Object.prototype must not have them. */
  readonly inheritable: Set<string>
  compile(node: SchemaNode): Visitor
  /**
   * Counts what a default adds to the text. Throws where defaults alone exceed `maxBytes`: more of them would only take
   * memory. An undefined result would let a union try its next branch.
   */
  insert(this: void, units: number): void
  /** Checks a member that is left out of the result; false where it is invalid or its validity is uncertain. */
  drop(this: void, key: string, value: unknown): boolean
}
