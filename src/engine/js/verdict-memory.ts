// Remembers which nodes a value passes, while branches of unions are tried on it: two bits for each remembered node, in
// a row for each value. native/core/src/validate/memory.rs is the twin.

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

  constructor(profile: Profile) {
    this.#numbers = new Map([...rememberedNodes(profile)].map((node, number) => [node, number]))
    this.#rowBytes = Math.ceil(this.#numbers.size / 4)
  }

  /** Whether the value, an array or an object, passes; undefined: not remembered. */
  recall(node: SchemaNode, value: JsonValue): boolean | undefined {
    const number = this.#numbers.get(node)
    const row = this.#rows.get(value)
    if (number === undefined || row === undefined) return undefined
    const bits = (this.#bits[row + (number >>> 2)] as number) >>> (2 * (number & 3))
    return (bits & known) === 0 ? undefined : (bits & passed) !== 0
  }

  remember(node: SchemaNode, value: JsonValue, passes: boolean): void {
    const number = this.#numbers.get(node)
    if (number === undefined || value === null || typeof value !== 'object') return
    const at = this.#rowOf(value) + (number >>> 2)
    this.#bits[at] = (this.#bits[at] as number) | ((passes ? known | passed : known) << (2 * (number & 3)))
  }

  forget(): void {
    if (this.#rows.size === 0) return
    const used = this.#rows.size * this.#rowBytes
    this.#rows.clear()
    if (this.#bits.length > keptBytes) this.#bits = new Uint8Array(0)
    else this.#bits.fill(0, 0, used)
  }

  #rowOf(value: JsonValue): number {
    const known = this.#rows.get(value)
    if (known !== undefined) return known
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
