// HELLO on one connection: which contracts the client has asked for, and what the daemon answered. The connection decides
// when to send it.

import type { SidelaneError } from '../../model/index.ts'
import { encodeClientHello, maxHelloBytes, type ServerHello } from '../../wire/index.ts'
import { refusalOf, type ClientContract } from './client-contract.ts'

/** Contracts in one HELLO: with the longest names they fill it. */
const contractsPerHello = Math.floor(maxHelloBytes / 116) - 2

export interface HandshakeOptions {
  readonly path: string
  /** Name and version, for the daemon's log. */
  readonly client: string
  /** All contracts of the client; the list grows. */
  readonly contracts: readonly ClientContract[]
}

export class Handshake {
  /** By contract number: the contract's index on the connection, or why it has none. Empty until HELLO is answered. */
  readonly answers: (number | SidelaneError | undefined)[] = []
  readonly #options: HandshakeOptions
  #askedCount = 0
  /** HELLOs without an answer, in the order of sending. */
  readonly #unanswered: (readonly ClientContract[])[] = []

  constructor(options: HandshakeOptions) {
    this.#options = options
  }

  /** Every contract has been asked for. */
  get complete(): boolean {
    return this.#askedCount === this.#options.contracts.length
  }

  /** The payload of the next HELLO, which may ask for no contract. */
  nextHello(): Uint8Array {
    const { client, contracts } = this.#options
    const part = contracts.slice(this.#askedCount, this.#askedCount + contractsPerHello)
    this.#askedCount += part.length
    this.#unanswered.push(part)
    return encodeClientHello({ client, contracts: part.map(({ asked }) => asked) })
  }

  /** The contracts that the daemon answered; undefined: the answer does not match any HELLO. */
  onAnswer({ contracts: answers }: ServerHello): readonly ClientContract[] | undefined {
    const contracts = this.#unanswered.shift()
    if (contracts?.length !== answers.length) return undefined
    for (const [i, contract] of contracts.entries()) {
      const answer = answers[i] as (typeof answers)[number]
      this.answers[contract.number] =
        answer.status === 0 ? answer.index : refusalOf(contract, answer, this.#options.path)
    }
    return contracts
  }
}
