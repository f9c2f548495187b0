// The contracts of one placement, by number. What is kept for each is the placement's business.

import type { Contract } from '../model/index.ts'

/** Equal contract id and equal key, equal number. */
export class ContractTable<T> {
  readonly #numbers = new Map<string, number>()
  readonly #entries: T[] = []

  get entries(): readonly T[] {
    return this.#entries
  }

  /** The number of the contract; `make` runs for a new one, and may throw. */
  add(contract: Contract, digestKey: Uint8Array | undefined, make: (number: number) => T): number {
    const name = `${contract.id} ${digestKey?.join() ?? ''}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.#entries.length
    this.#entries.push(make(number))
    this.#numbers.set(name, number)
    return number
  }
}
