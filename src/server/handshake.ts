// HELLO: which contracts a connection gets, by which index. The bytes of it are wire's.

import { errorTable } from '../model/index.ts'
import { noContractId, type AnsweredContract, type AskedContract } from '../wire/index.ts'
import type { Served, ServedTable } from './contracts.ts'

/** The contracts of one connection, by index. */
export class Indices {
  readonly #table: ServedTable
  readonly #list: Served[] = []

  constructor(table: ServedTable) {
    this.#table = table
  }

  get(index: number): Served | undefined {
    return this.#list[index]
  }

  answer({ name, id, fingerprint }: AskedContract): AnsweredContract {
    const latest = this.#table.find(name)
    if (latest === undefined) return refused('contract.unknown', noContractId)
    const served = this.#table.find(name, id)
    if (served === undefined) return refused('contract.mismatch', latest.id)
    // The other side holds another key.
    if (served.fingerprint !== fingerprint) return refused('contract.mismatch', served.id)
    const known = this.#list.indexOf(served)
    return { status: 0, index: known >= 0 ? known : this.#list.push(served) - 1, have: served.id }
  }
}

const refused = (code: 'contract.unknown' | 'contract.mismatch', have: string): AnsweredContract => ({
  status: errorTable[code].wire,
  index: 0,
  have,
})
