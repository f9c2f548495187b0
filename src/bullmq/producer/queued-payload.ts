// One payload on its way through the queue, for all calls of this producer that have it.

import { SidelaneError, toFault, withCanonical, type Call, type Contract, type Holder } from '../../model/index.ts'
import { decompress } from '../../engine/index.ts'
import { readStoredOutcome } from '../../wire/index.ts'
import type { WirePayload } from '../batch-data.ts'

/** The batch of a payload, as the payload knows it. */
export interface BatchOfPayload {
  readonly id: string
  readonly hasEnded: boolean
}

export interface QueuedPayloadParts {
  readonly contract: Contract
  readonly digest: string
  readonly wire: WirePayload
  readonly bytes: number
  readonly traceparent: string | undefined
  /** No call waits for it any more. */
  readonly onEnd: (payload: QueuedPayload) => void
}

export class QueuedPayload implements Holder {
  readonly digest: string
  readonly wire: WirePayload
  readonly bytes: number
  readonly traceparent: string | undefined
  /** undefined: it waits for one. */
  batch: BatchOfPayload | undefined
  /** When it began to wait, on the clock of `performance.now()`. */
  addedAt: number = 0
  /** Of a payload without calls. */
  onFault: ((error: SidelaneError) => void) | undefined
  readonly #contract: Contract
  readonly #onEnd: QueuedPayloadParts['onEnd']
  readonly #calls = new Set<Call>()
  #hasEnded = false

  constructor({ contract, digest, wire, bytes, traceparent, onEnd }: QueuedPayloadParts) {
    this.#contract = contract
    this.digest = digest
    this.wire = wire
    this.bytes = bytes
    this.traceparent = traceparent
    this.#onEnd = onEnd
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  join(call: Call): void {
    call.phase = 'queued'
    call.payload = undefined
    call.copiedBytes = this.bytes
    call.holder = this
    this.#calls.add(call)
    if (this.batch !== undefined) this.started(performance.now())
  }

  /** The batch is about to be submitted: from here on the time is that of Redis and of the workers. */
  started(now: number): void {
    for (const call of this.#calls) call.begunAt ||= now
  }

  /** A call has ended by itself: cancelled, or late. */
  release(call: Call): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#end()
  }

  /** `value`: an outcome as bytes. */
  settle(value: Uint8Array): void {
    // `slice` of a Buffer does not copy.
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.length)
    for (const call of this.#takeCalls()) this.#settleCall(call, bytes)
  }

  fail(error: SidelaneError): void {
    this.onFault?.(error)
    for (const call of this.#takeCalls()) call.fail(error)
  }

  #takeCalls(): readonly Call[] {
    const calls = [...this.#calls]
    this.#calls.clear()
    this.#end()
    return calls
  }

  #settleCall(call: Call, value: Uint8Array): void {
    const { codec } = this.#contract.profile.compress
    try {
      const query = { contract: this.#contract, canonical: false, inBytes: this.bytes }
      const outcome = readStoredOutcome(value, query)
      if (outcome === undefined) throw damaged()
      if (!outcome.ok || !call.canonical) return call.settle(outcome)
      const { dictionary } = this.#contract
      const limits = { maxBytes: Math.max(1, outcome.canonicalBytes), dictionary }
      call.settle(withCanonical(outcome, decompress(outcome.body, codec, limits)))
    } catch (error) {
      call.fail(toFault(error))
    }
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#onEnd(this)
  }
}

const damaged = (): SidelaneError =>
  new SidelaneError('internal.panic', { message: 'The result in Redis is damaged, or not one of sidelane.' })
