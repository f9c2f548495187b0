// A contract in the client, and HELLO on one connection: which contracts the client has asked for, and what the daemon
// answered. The connection decides when to send it.

import { errorTable, SidelaneError, type Contract } from '../../model/index.ts'
import {
  encodeClientHello,
  keyFingerprint,
  maxHelloBytes,
  type ContractRequest,
  type ContractStatus,
  type ServerHello,
} from '../../wire/index.ts'
import type { RequestQueue } from './request.ts'

export interface ClientContract {
  /** The placement's own number; `route.contractIndex` of its calls. */
  readonly number: number
  readonly contract: Contract
  readonly asked: ContractRequest
  /** Calls that wait until a connection has an answer for this contract. */
  readonly parked: RequestQueue
  /** Not yet with the launched daemon, so an answer that the contract is unknown does not count. */
  isNew: boolean
  /** Why the launched daemon cannot serve it. */
  refusal: SidelaneError | undefined
}

export const askedOf = (contract: Contract, digestKey: Uint8Array | undefined): ContractRequest => ({
  id: contract.id,
  name: contract.name,
  ...(digestKey !== undefined &&
    contract.profile.digest === 'hmac-sha-256' && { fingerprint: keyFingerprint(digestKey) }),
})

/** Throws `options.invalid` for a missing key. The daemon has a key of its own; HELLO compares their fingerprints. */
export function checkKey({ profile }: Contract, digestKey: Uint8Array | undefined): void {
  if (profile.digest !== 'hmac-sha-256' || digestKey !== undefined) return
  throw new SidelaneError('options.invalid', {
    message: 'Expected `digestKey` to be at least 16 bytes for digest "hmac-sha-256".',
  })
}

/** The error for a contract that the daemon does not serve. */
function refusalOf({ contract }: ClientContract, { status, have }: ContractStatus, path: string): SidelaneError {
  const { name, id: want } = contract
  if (status !== errorTable['contract.mismatch'].wire) {
    return new SidelaneError('contract.unknown', {
      message: `The daemon at ${path} has no contract named ${name}.`,
      params: { name, want },
    })
  }
  const difference =
    have === want ? 'with another digest key' : `with id ${have.slice(0, 8)}…, and the client has ${want.slice(0, 8)}…`
  return new SidelaneError('contract.mismatch', {
    message: `The daemon at ${path} has the contract ${name} ${difference}.`,
    params: { name, have, want },
  })
}

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

  /** True when HELLOs with all contracts were sent. */
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
