// The contracts of one placement by number, each with what the placement keeps for it.

import type { Contract } from '../model/index.ts'

/** Equal contract id and equal key: equal number. The key of a contract that needs none does not count. */
export class ContractTable<T> {
  readonly entries: readonly T[] = []
  readonly #numbers = new Map<string, number>()
  readonly #withTables: boolean

  /** `withTables`: locks with other compression tables have numbers of their own; for a placement that compresses. */
  constructor({ withTables }: { readonly withTables: boolean }) {
    this.#withTables = withTables
  }

  /** The number of the contract; `make` runs for a new one, with the key if it needs one, and may throw. */
  add(
    contract: Contract,
    given: Uint8Array | undefined,
    make: (number: number, digestKey: Uint8Array | undefined) => T,
  ): number {
    const digestKey = contract.profile.digest === 'hmac-sha-256' ? given : undefined
    const name = `${contract.id} ${digestKey?.join() ?? ''} ${this.#withTables ? JSON.stringify(contract.lock.tables) : ''}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.entries.length
    const entry = make(number, digestKey)
    ;(this.entries as T[]).push(entry)
    this.#numbers.set(name, number)
    return number
  }
}
