// Remembers which nodes a value passes, while branches of unions are tried on it: two bits for each remembered node, in
// a row for each value. native/core/src/read/verdicts.rs is the twin.

import type { Profile, SchemaNode } from '../../model/index.ts'
import type { JsonValue } from '../../json/index.ts'
import { rememberedNodes } from './remembered-nodes.ts'

const known = 1
const passed = 2
/** More is freed after the payload. */
const keptBytes = 4 << 20

export class VerdictMemory {
  readonly #numbers: ReadonlyMap<SchemaNode, number>
  readonly #rowBytes: number
  readonly #rows: Map<JsonValue, number> = new Map()
  #bits: Uint8Array = new Uint8Array(0)
  /** The results that are not the value itself, by the place of their bits. */
  readonly #edited: Map<number, JsonValue> = new Map()

  constructor(profile: Profile) {
    this.#numbers = new Map([...rememberedNodes(profile)].map((node, number) => [node, number]))
    this.#rowBytes = Math.ceil(this.#numbers.size / 4)
  }

  /** Whether the result of an array or an object is remembered. */
  has(node: SchemaNode, value: JsonValue): boolean {
    return ((this.#bitsOf(node, value) ?? 0) & known) !== 0
  }

  /** The value as the node makes it; undefined: it fails. */
  recall(node: SchemaNode, value: JsonValue): JsonValue | undefined {
    if (((this.#bitsOf(node, value) ?? 0) & passed) === 0) return undefined
    const number = this.#numbers.get(node) as number
    return this.#edited.get(4 * (this.#rows.get(value) as number) + number) ?? value
  }

  remember(node: SchemaNode, value: JsonValue, result: JsonValue | undefined): void {
    const number = this.#numbers.get(node)
    if (number === undefined || value === null || typeof value !== 'object') return
    const row = this.#rowOf(value)
    const at = row + (number >>> 2)
    const bits = result === undefined ? known : known | passed
    this.#bits[at] = (this.#bits[at] as number) | (bits << (2 * (number & 3)))
    if (result !== undefined && result !== value) this.#edited.set(4 * row + number, result)
  }

  forget(): void {
    if (this.#rows.size === 0) return
    const used = this.#rows.size * this.#rowBytes
    this.#rows.clear()
    this.#edited.clear()
    if (this.#bits.length > keptBytes) this.#bits = new Uint8Array(0)
    else this.#bits.fill(0, 0, used)
  }

  #bitsOf(node: SchemaNode, value: JsonValue): number | undefined {
    const number = this.#numbers.get(node)
    const row = this.#rows.get(value)
    if (number === undefined || row === undefined) return undefined
    return (this.#bits[row + (number >>> 2)] as number) >>> (2 * (number & 3))
  }

  #rowOf(value: JsonValue): number {
    const old = this.#rows.get(value)
    if (old !== undefined) return old
    const row = this.#rows.size * this.#rowBytes
    this.#rows.set(value, row)
    if (row + this.#rowBytes > this.#bits.length) {
      const larger = new Uint8Array(Math.max(4096, 2 * this.#bits.length, row + this.#rowBytes))
      larger.set(this.#bits)
      this.#bits = larger
    }
    return row
  }
}
