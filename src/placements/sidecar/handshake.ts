// The contracts of one connection: which the daemon has been asked about, and what it has said. When they are asked is
// connection.ts.

import type { SidelaneError } from '../../model/index.ts'
import { encodeClientHello, maxHelloBytes, type ServerHello } from '../../wire/index.ts'
import { refusalOf, type Entry } from './client-contract.ts'

/** Contracts in one HELLO: with the longest names they fill it. */
const contractsPerHello = Math.floor(maxHelloBytes / 116) - 2

export interface QuestionsOptions {
  readonly path: string
  /** Name and version, for the daemon's log. */
  readonly client: string
  /** All contracts; more may come. */
  readonly entries: readonly Entry[]
}

export class Questions {
  readonly #options: QuestionsOptions
  #askedCount = 0
  /** HELLOs without an answer, in their order. */
  readonly #asked: (readonly Entry[])[] = []
  /** By the contract's number: its index here, or why it has none. */
  readonly #known: (number | SidelaneError | undefined)[] = []

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  /** Every contract has been asked about. */
  get complete(): boolean {
    return this.#askedCount === this.#options.entries.length
  }

  /** The payload of the next HELLO; it may be about none. */
  next(): Uint8Array {
    const { client, entries } = this.#options
    const part = entries.slice(this.#askedCount, this.#askedCount + contractsPerHello)
    this.#askedCount += part.length
    this.#asked.push(part)
    return encodeClientHello({ client, contracts: part.map(({ asked }) => asked) })
  }

  /** Takes an answer; undefined: it answers what was not asked. */
  hear({ contracts }: ServerHello): readonly Entry[] | undefined {
    const entries = this.#asked.shift()
    if (entries?.length !== contracts.length) return undefined
    for (const [i, entry] of entries.entries()) {
      const answer = contracts[i] as (typeof contracts)[number]
      this.#known[entry.number] = answer.status === 0 ? answer.index : refusalOf(entry, answer, this.#options.path)
    }
    return entries
  }

  /** Its index, or why it has none; undefined: the daemon has not been asked, or has not answered. */
  about(entry: Entry): number | SidelaneError | undefined {
    return this.#known[entry.number]
  }
}
