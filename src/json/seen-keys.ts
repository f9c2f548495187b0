// Finds duplicate keys in an object, in linear time whatever the keys are.

import type { JsonMember } from './value.ts'

/** The keys of one object so far. Ascending keys contain no duplicate, so they need no set. */
export class SeenKeys {
  #set: Set<string> | undefined

  get areAscending(): boolean {
    return this.#set === undefined
  }

  /** False for a duplicate of a key in `before`, which holds all earlier members. */
  add(key: string, before: readonly JsonMember[]): boolean {
    const last = before.at(-1)
    if (this.#set === undefined && (last === undefined || key > last.key)) return true
    this.#set ??= new Set(before.map((member) => hashable(member.key)))
    const { size } = this.#set
    return this.#set.add(hashable(key)).size > size
  }
}

/**
 * V8 hashes a string that looks like an array index by its value, without a seed: a payload could put all its keys into
 * one bucket. A prefix restores the seeded hash ('#' itself gets one too, to stay distinct).
 */
function hashable(key: string): string {
  const first = key.charCodeAt(0)
  const isDigit = first >= 0x30 && first <= 0x39
  return isDigit || first === 0x23 ? `#${key}` : key
}
