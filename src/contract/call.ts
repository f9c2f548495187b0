// One call on its way through the layers to a placement and back: it settles exactly once. What a layer does with it is
// not here.

import { SidelaneError } from './errors.ts'
import type { Contract } from './contract.ts'
import type { Outcome } from './outcome.ts'

/** Where a call goes next. It settles the call, now or later, and never throws. */
export type Run = (call: Call) => void

/** A policy in front of a Run. */
export type Layer = (inner: Run) => Run

/** Who holds something for a call, and is told once when the call is over. */
export interface Holder {
  release(call: Call, result: Outcome | SidelaneError): void
}

/** Where a call is: `queued` means that no worker has it. */
export type Phase = 'new' | 'queued' | 'running' | 'settled'

export interface CallInit {
  readonly payload: unknown
  readonly contract: Contract
  /** The placement's own number of the contract. */
  readonly contractIndex: number
  readonly canonical: boolean
  readonly deadlineMs: number | undefined
  readonly signal: AbortSignal | undefined
}

export class Call {
  /** Dropped when the call is over, and as soon as a placement has its own copy. */
  payload: unknown
  /** Size of that copy. */
  copiedBytes: number = 0
  readonly contract: Contract
  readonly contractIndex: number
  readonly canonical: boolean
  readonly deadlineMs: number | undefined
  readonly signal: AbortSignal | undefined
  /** On the clock of `performance.now()`. */
  expiresAt: number = Number.POSITIVE_INFINITY
  phase: Phase = 'new'
  readonly #holders: Holder[] = []
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: SidelaneError) => void

  constructor(init: CallInit, resolve: (outcome: Outcome) => void, reject: (error: SidelaneError) => void) {
    this.payload = init.payload
    this.contract = init.contract
    this.contractIndex = init.contractIndex
    this.canonical = init.canonical
    this.deadlineMs = init.deadlineMs
    this.signal = init.signal
    this.#resolve = resolve
    this.#reject = reject
  }

  get settled(): boolean {
    return this.phase === 'settled'
  }

  /** `holder.release` runs when the call is over. Attach before the call goes on. */
  attach(holder: Holder): void {
    this.#holders.push(holder)
  }

  /** The data's answer. Ignored when the call is already over. */
  settle(outcome: Outcome): void {
    if (this.#end(outcome)) this.#resolve(outcome)
  }

  /** A fault. Ignored when the call is already over. */
  fail(error: SidelaneError): void {
    if (this.#end(error)) this.#reject(error)
  }

  #end(result: Outcome | SidelaneError): boolean {
    if (this.phase === 'settled') return false
    // Holders see the phase in which the call ended, and may not end it again.
    for (const holder of this.#holders) holder.release(this, result)
    this.phase = 'settled'
    this.payload = undefined
    return true
  }
}

/** Any thrown thing as the fault that the caller gets: an engine's own message may quote the payload, so it stays out. */
export function toFault(error: unknown): SidelaneError {
  if (error instanceof SidelaneError) return error
  if (!(error instanceof Error)) return new SidelaneError('internal.panic', { params: { name: typeof error } })
  const { name, message, stack = '' } = error
  // The stack starts with the message.
  const frame = stack.slice(stack.indexOf(message) + message.length).match(/\n\s+at (.+)/)?.[1]
  return new SidelaneError('internal.panic', { params: { name, ...(frame !== undefined && { at: frame }) } })
}

/** `where` says what the time went into: waiting for a worker, or the worker. */
export const deadlineExceeded = (call: Call): SidelaneError =>
  new SidelaneError('deadline.exceeded', { params: { where: call.phase === 'running' ? 'run' : 'queue' } })
