// HELLO on one connection, daemon side: which contracts the client gets, and by which index.

import { errorTable } from '../model/index.ts'
import { noContractId, type AnsweredContract, type AskedContract } from '../wire/index.ts'
import type { Served, ServedTable } from './contracts.ts'

export class ContractIndices {
  readonly byIndex: Served[] = []
  readonly #table: ServedTable

  constructor(table: ServedTable) {
    this.#table = table
  }

  answer({ name, id, fingerprint }: AskedContract): AnsweredContract {
    const latest = this.#table.find(name)
    if (latest === undefined) return refused('contract.unknown', noContractId)
    const served = this.#table.find(name, id)
    if (served === undefined) return refused('contract.mismatch', latest.id)
    // The client has another key.
    if (served.fingerprint !== fingerprint) return refused('contract.mismatch', served.id)
    const known = this.byIndex.indexOf(served)
    return { status: 0, index: known >= 0 ? known : this.byIndex.push(served) - 1, have: served.id }
  }
}

const refused = (code: 'contract.unknown' | 'contract.mismatch', have: string): AnsweredContract => ({
  status: errorTable[code].wire,
  index: 0,
  have,
})
