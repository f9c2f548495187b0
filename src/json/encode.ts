// The encoder for value input: a plain JavaScript value to JSON text in UTF-8, for both engines. It refuses what JSON
// cannot carry, where JSON.stringify would change it silently (NaN, holes, Date). The reader judges the rest.

import { isWellFormed } from '#runtime'
import { pointerOf } from './pointer.ts'
import { refuse, type Refusal } from './read-error.ts'

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
 * The JSON text of `value`: plain or null-prototype objects, dense arrays, strings, finite numbers, booleans, null.
 * A property that is `undefined` is left out; symbol keys and non-enumerable properties are no data. A lone surrogate
 * is written as `\uXXXX`, so that the reader reports it. Anything else is `value.not_json`, told by its pointer.
 */
export function encodeValue(value: unknown, limits: EncodeLimits): Encoded | Refusal {
  const check = new Check(limits)
  let text: string
  try {
    const trouble = check.visit(value, 1)
    if (trouble !== undefined) return refuse(trouble, trouble === 'value.not_json' ? check.pointer() : undefined)
    // Two passes, because V8 writes faster than any writer in JavaScript; the check makes its output exact.
    text = JSON.stringify(value)
  } catch {
    // A getter or a proxy threw. Where, is not known: the way back was cut short.
    return refuse('value.not_json', '')
  }
  const bytes = encoder.encode(text)
  return bytes.length > limits.maxBytes ? refuse('limit.bytes') : { ok: true, bytes }
}

type Trouble = 'value.not_json' | 'limit.bytes' | 'limit.depth' | undefined

class Check {
  readonly #maxDepth: number
  /** What is left of maxBytes, by a lower bound of what was seen: ends the walk of huge and of shared structures. */
  #bytesLeft: number
  /** Containers from the root to here; finds cycles. */
  readonly #open: unknown[] = []
  /** Keys from the trouble back to the root, noted on the way back only: the good case pays nothing for them. */
  readonly #trail: (string | number)[] = []

  constructor(limits: EncodeLimits) {
    this.#maxDepth = limits.maxDepth
    this.#bytesLeft = limits.maxBytes
  }

  /** Where the trouble is; up to the parent of a key that cannot be written. */
  pointer(): string {
    const path = this.#trail.toReversed()
    const unwritable = path.findIndex((key) => typeof key === 'string' && !isWellFormed(key))
    return pointerOf(unwritable < 0 ? path : path.slice(0, unwritable))
  }

  /** `depth`: of the containers, `value` among them if it is one. */
  visit(value: unknown, depth: number): Trouble {
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

  #container(value: object, depth: number): Trouble {
    for (let i = 0; i < depth - 1; i++) if (this.#open[i] === value) return 'value.not_json'
    // Whatever its owner: JSON.stringify would call it, and the text would say something else.
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return 'value.not_json'
    if (depth > this.#maxDepth) return 'limit.depth'
    this.#open[depth - 1] = value
    return this.#spend(2) ?? (Array.isArray(value) ? this.#array(value, depth) : this.#object(value, depth))
  }

  #array(items: readonly unknown[], depth: number): Trouble {
    if (Object.getPrototypeOf(items) !== Array.prototype) return 'value.not_json'
    for (let i = 0; i < items.length; i++) {
      // A hole reads as undefined.
      const trouble = this.visit(items[i], depth + 1)
      if (trouble !== undefined) return this.#back(trouble, i)
    }
    return undefined
  }

  #object(object: object, depth: number): Trouble {
    const prototype: unknown = Object.getPrototypeOf(object)
    if (prototype !== Object.prototype && prototype !== null) return 'value.not_json'
    const keys = Object.keys(object)
    for (const key of keys) {
      const value = (object as Record<string, unknown>)[key]
      if (value === undefined) continue
      const trouble = this.#spend(key.length + 3) ?? this.visit(value, depth + 1)
      if (trouble !== undefined) return this.#back(trouble, key)
    }
    return undefined
  }

  #spend(bytes: number): Trouble {
    this.#bytesLeft -= bytes
    return this.#bytesLeft < 0 ? 'limit.bytes' : undefined
  }

  #back(trouble: Trouble, key: string | number): Trouble {
    this.#trail.push(key)
    return trouble
  }
}
