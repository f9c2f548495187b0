// Gives contracts to a launched daemon, with their dictionaries and keys, through its stdin: nothing of them touches a disk.
// One batch at a time, so that each answer of the daemon is about known contracts. server/contract-input.ts reads it.

import { lockText } from '../../contract/index.ts'
import type { KeyedContract } from '../../model/index.ts'

export interface LaunchContract extends KeyedContract {
  /** The placement's own number of the contract. */
  readonly number: number
}

export interface LaunchEvents {
  /** The daemon serves these contracts. `reloaded`: they were added to a running daemon. */
  readonly onServed: (contracts: readonly LaunchContract[], reloaded: boolean) => void
  /** The daemon cannot serve this contract; it serves those from before. */
  readonly onRefused: (contract: LaunchContract, message: string) => void
}

export class ContractFeed {
  readonly #events: LaunchEvents
  /** Writes to the daemon that runs. */
  #write: (text: string) => void = () => {}
  /** Given again to a daemon that is started in place of one that died. */
  #served: LaunchContract[] = []
  /** Not written yet. */
  #queued: LaunchContract[] = []
  /** Written, without an answer of the daemon. */
  #pending: LaunchContract[] = []
  #isRunning = false
  #hasServed = false
  /** One of several contracts was refused; giving them one by one shows which. */
  #oneByOne = false

  constructor(events: LaunchEvents) {
    this.#events = events
  }

  add(contract: LaunchContract): void {
    this.#queued.push(contract)
    // One batch for all contracts of this turn.
    if (this.#isRunning && this.#queued.length === 1) setImmediate(() => this.#next())
  }

  /** The daemon starts, and waits for its first batch. */
  onStarting(write: (text: string) => void): void {
    this.#write = write
    this.#isRunning = false
    this.#queued.unshift(...this.#pending.splice(0))
    // A daemon does not start with a contract that it cannot serve, so a later one starts with those that were served before.
    if (!this.#hasServed) this.#pending = this.#queued.splice(0)
    this.#send([...this.#served, ...this.#pending])
  }

  onStarted(): void {
    this.#isRunning = true
    this.#hasServed = true
    this.#onSuccess(false)
  }

  /** The daemon answered a batch; it could not serve it because of `failure`. */
  onReloaded(failure: string | undefined): void {
    if (failure === undefined) return this.#onSuccess(true)
    const pending = this.#pending.splice(0)
    const [only] = pending
    if (pending.length === 1 && only !== undefined) this.#events.onRefused(only, failure)
    else {
      this.#queued.unshift(...pending)
      this.#oneByOne = true
    }
    this.#next()
  }

  #onSuccess(reloaded: boolean): void {
    const pending = this.#pending.splice(0)
    this.#served.push(...pending)
    this.#events.onServed(pending, reloaded)
    this.#next()
  }

  #next(): void {
    if (!this.#isRunning || this.#pending.length > 0) return
    if (this.#queued.length === 0) {
      this.#oneByOne = false
      return
    }
    this.#pending = this.#queued.splice(0, this.#oneByOne ? 1 : this.#queued.length)
    this.#send(this.#pending)
  }

  #send(contracts: readonly LaunchContract[]): void {
    for (const contract of contracts) this.#write(lineOf(contract))
    this.#write('{"load":true}\n')
  }
}

function lineOf({ contract: { lock, dictionary }, digestKey }: LaunchContract): string {
  const message = {
    lock: lockText(lock),
    ...(dictionary !== undefined && { dictionary: hexOf(dictionary) }),
    ...(digestKey !== undefined && { digestKey: hexOf(digestKey) }),
  }
  return `${JSON.stringify(message)}\n`
}

const hexOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('hex')
