// A contract in the client, and HELLO on one connection: which contracts the client has asked for, and what the daemon
// answered. The connection decides when to send it.

import { utf8Length } from '#runtime'
import { errorTable, SidelaneError, type Contract } from '../../model/index.ts'
import { lockText } from '../../contract/index.ts'
import {
  acceptedBytes,
  AnswerRules,
  encodeClientHello,
  keyFingerprint,
  maxHelloBytes,
  noContractId,
  noKeyFingerprint,
  requestBytes,
  wrongAnswer,
  type ContractRequest,
  type ContractStatus,
  type ServerHello,
  type WrongAnswer,
} from '../../wire/index.ts'
import { unavailable } from './errors.ts'
import type { RequestQueue } from './request.ts'

export interface ClientContract {
  /** The placement's own number; `route.contractIndex` of its calls. */
  readonly number: number
  readonly contract: Contract
  readonly asked: ContractRequest
  /** What the daemon may answer to its calls. */
  readonly rules: AnswerRules
  /** Calls that wait until a connection has an answer for this contract. */
  readonly parked: RequestQueue
  /** Not yet with the launched daemon, so an answer that the contract is unknown does not count. */
  isNew: boolean
  /** Why the launched daemon cannot serve it. */
  refusal: SidelaneError | undefined
}

/** `digestKey`: of a contract that needs one. */
export const askedOf = (contract: Contract, digestKey: Uint8Array | undefined): ContractRequest => ({
  id: contract.id,
  name: contract.name,
  ...(digestKey !== undefined && { fingerprint: keyFingerprint(digestKey) }),
})

export const rulesOf = ({ profile, lock }: Contract): AnswerRules =>
  new AnswerRules(profile, utf8Length(lockText(lock)))

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

/** The daemon's caps are too small for what the contract admits; undefined: they are not. */
function capFault(
  { contract: { name, profile } }: ClientContract,
  { limits }: ServerHello,
  path: string,
): SidelaneError | undefined {
  const { maxBytes } = profile.limits
  const [request, answer] = [requestBytes(maxBytes), acceptedBytes(maxBytes, true)]
  if (limits.requestBytes >= request && limits.answerBytes >= answer) return undefined
  return unavailable(
    'limits',
    `The daemon at ${path} takes requests of ${limits.requestBytes} bytes and sends answers of ${limits.answerBytes}; ` +
      `the contract ${name} needs ${request} and ${answer}.`,
  )
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
  /** What was asked for each index that the daemon gave. */
  readonly #served: ContractRequest[] = []
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

  /** The contracts that the daemon answered, or how it broke the protocol. */
  onAnswer(hello: ServerHello): readonly ClientContract[] | WrongAnswer {
    const contracts = this.#unanswered.shift()
    if (contracts?.length !== hello.contracts.length) return wrongAnswer('helloUnasked')
    const { path } = this.#options
    for (const [i, contract] of contracts.entries()) {
      const answer = hello.contracts[i] as ContractStatus
      const wrong = this.#check(contract.asked, answer)
      if (wrong !== undefined) return wrong
      this.answers[contract.number] =
        answer.status === 0 ? (capFault(contract, hello, path) ?? answer.index) : refusalOf(contract, answer, path)
    }
    return contracts
  }

  #check(asked: ContractRequest, { status, index, have }: ContractStatus): WrongAnswer | undefined {
    if (status === 0) {
      if (have !== asked.id) return wrongAnswer('contractId')
      const known = this.#served[index]
      if (known === undefined && index === this.#served.length) this.#served.push(asked)
      else if (known?.id !== asked.id || known.fingerprint !== asked.fingerprint) return wrongAnswer('contractIndex')
      return undefined
    }
    // Without a key there is nothing but the id that could differ.
    const hasKey = (asked.fingerprint ?? noKeyFingerprint) !== noKeyFingerprint
    const fits =
      status === errorTable['contract.unknown'].wire
        ? have === noContractId
        : status === errorTable['contract.mismatch'].wire && have !== noContractId && (hasKey || have !== asked.id)
    return fits && index === 0 ? undefined : wrongAnswer('contractStatus')
  }
}
