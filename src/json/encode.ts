// Encodes a plain JavaScript value as JSON text in UTF-8, for both engines. It rejects values that JSON.stringify would
// silently change (NaN, holes, Date). The reader checks the rest.

import { isWellFormed } from '#runtime'
import { pointerOf } from './pointer.ts'
import { readError, type ReadError } from './read-error.ts'

export interface EncodeLimits {
  /** Largest text, in bytes of UTF-8. */
  readonly maxBytes: number
  readonly maxDepth: number
}

export interface Encoded {
  readonly ok: true
  readonly bytes: Uint8Array
}

const encoder = new TextEncoder()

/**
 * The JSON text of `value`: plain or null-prototype objects, dense arrays, strings, finite numbers, booleans, null. A
 * property that is `undefined` is left out; symbol keys and non-enumerable properties are ignored. A lone surrogate is
 * written as `\uXXXX`, so that the reader reports it. Anything else is `value.not_json` with its pointer.
 */
export function encodeValue(value: unknown, limits: EncodeLimits): Encoded | ReadError {
  const check = new Check(limits)
  let text: string
  try {
    const problem = check.visit(value, 1)
    if (problem !== undefined) return readError(problem, problem === 'value.not_json' ? check.pointer() : undefined)
    // Two passes: V8's writer is faster than any in JavaScript, and the check ensures that its output is exact.
    text = JSON.stringify(value)
  } catch {
    // A getter or a proxy threw. The exception skipped the recording of the path.
    return readError('value.not_json', '')
  }
  const bytes = encoder.encode(text)
  return bytes.length > limits.maxBytes ? readError('limit.bytes') : { ok: true, bytes }
}

type Problem = 'value.not_json' | 'limit.bytes' | 'limit.depth' | undefined

class Check {
  readonly #maxDepth: number
  /** The rest of maxBytes after a lower bound of the visited values: ends the walk of huge and of shared structures. */
  #bytesLeft: number
  /** Containers from the root to the current value, to find cycles. */
  readonly #open: unknown[] = []
  /** Keys from the problem up to the root, recorded on return only, so that valid values do not pay for them. */
  readonly #trail: (string | number)[] = []

  constructor(limits: EncodeLimits) {
    this.#maxDepth = limits.maxDepth
    this.#bytesLeft = limits.maxBytes
  }

  /** The pointer to the problem, or to the parent of a key that cannot be written. */
  pointer(): string {
    const path = this.#trail.toReversed()
    const unwritable = path.findIndex((key) => typeof key === 'string' && !isWellFormed(key))
    return pointerOf(unwritable < 0 ? path : path.slice(0, unwritable))
  }

  /** `depth`: number of open containers, including `value` if it is one. */
  visit(value: unknown, depth: number): Problem {
    switch (typeof value) {
      case 'string':
        return this.#spend(value.length + 2)
      case 'number':
        return Number.isFinite(value) ? this.#spend(1) : 'value.not_json'
      case 'boolean':
        return this.#spend(4)
      case 'object':
        return value === null ? this.#spend(4) : this.#container(value, depth)
      default:
        return 'value.not_json'
    }
  }

  #container(value: object, depth: number): Problem {
    for (let i = 0; i < depth - 1; i++) if (this.#open[i] === value) return 'value.not_json'
    // JSON.stringify would call it, own or inherited, and write something else.
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return 'value.not_json'
    if (depth > this.#maxDepth) return 'limit.depth'
    this.#open[depth - 1] = value
    return this.#spend(2) ?? (Array.isArray(value) ? this.#array(value, depth) : this.#object(value, depth))
  }

  #array(items: readonly unknown[], depth: number): Problem {
    if (Object.getPrototypeOf(items) !== Array.prototype) return 'value.not_json'
    for (let i = 0; i < items.length; i++) {
      // A hole reads as undefined.
      const problem = this.visit(items[i], depth + 1)
      if (problem !== undefined) return this.#addToTrail(problem, i)
    }
    return undefined
  }

  #object(object: object, depth: number): Problem {
    const prototype: unknown = Object.getPrototypeOf(object)
    if (prototype !== Object.prototype && prototype !== null) return 'value.not_json'
    const keys = Object.keys(object)
    for (const key of keys) {
      const value = (object as Record<string, unknown>)[key]
      if (value === undefined) continue
      const problem = this.#spend(key.length + 3) ?? this.visit(value, depth + 1)
      if (problem !== undefined) return this.#addToTrail(problem, key)
    }
    return undefined
  }

  #spend(bytes: number): Problem {
    this.#bytesLeft -= bytes
    return this.#bytesLeft < 0 ? 'limit.bytes' : undefined
  }

  #addToTrail(problem: Problem, key: string | number): Problem {
    this.#trail.push(key)
    return problem
  }
}
