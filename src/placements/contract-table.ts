// The contracts of one placement by number, each with what the placement keeps for it.

import type { Contract } from '../model/index.ts'

/** Equal contract id and equal key: equal number. */
export class ContractTable<T> {
  readonly entries: readonly T[] = []
  readonly #numbers = new Map<string, number>()
  readonly #withTables: boolean

  /** `withTables`: locks with other compression tables have numbers of their own; for a placement that compresses. */
  constructor({ withTables }: { readonly withTables: boolean }) {
    this.#withTables = withTables
  }

  /** The number of the contract; `make` runs for a new one, and may throw. */
  add(contract: Contract, digestKey: Uint8Array | undefined, make: (number: number) => T): number {
    const name = `${contract.id} ${digestKey?.join() ?? ''} ${this.#withTables ? JSON.stringify(contract.lock.tables) : ''}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.entries.length
    const entry = make(number)
    ;(this.entries as T[]).push(entry)
    this.#numbers.set(name, number)
    return number
  }
}
