// One call on its way through the layers to a placement and back: it settles exactly once. What a layer does with it is
// not here.

import { SidelaneError, stackless } from './errors.ts'
import type { Contract } from './contract.ts'
import type { Outcome } from './outcome.ts'

/** Where a call goes next. It settles the call, now or later, and never throws. */
export type Run = (call: Call) => void

/** A policy in front of a Run. */
export type Layer = (inner: Run) => Run

/** Who holds something for a call, and is told when the call is over. */
export interface Holder {
  release(call: Call, result: Outcome | SidelaneError): void
}

/** Where a call is: `queued` means that no worker has it. */
export type Phase = 'new' | 'queued' | 'running' | 'settled'

/** What all calls of one processor have in common. */
export interface Route {
  readonly contract: Contract
  /** The placement's own number of the contract. */
  readonly contractIndex: number
  /** Told of the end of every call, wherever the call got to. */
  readonly holders: readonly Holder[]
}

// A call is the garbage of a hot path: what it holds is in plain fields, and there is one object of it.
export class Call {
  readonly route: Route
  /** Dropped when the call is over, and as soon as a placement has its own copy. */
  payload: unknown
  /** Size of that copy. */
  copiedBytes: number = 0
  readonly canonical: boolean
  readonly deadlineMs: number | undefined
  readonly signal: AbortSignal | undefined
  /** W3C Trace Context, as the caller has it. */
  traceparent: string | undefined
  /** On the clock of `performance.now()`. */
  expiresAt: number = Number.POSITIVE_INFINITY
  phase: Phase = 'new'
  /** The calls that end together with this one when their signal is aborted. */
  signalGroup: Holder | undefined
  /** The call's place in a queue or a batch. */
  seat: Holder | undefined
  /** What admission keeps for a patient call. */
  permit: Holder | undefined
  /** The call that runs in its place: a cache answers several with one. */
  standIn: Call | undefined
  /** What a cache had to say, when it was asked. */
  cached: 'hit' | 'miss' | undefined
  /** It ran on the caller's thread although there are others. */
  ranInline: boolean = false
  /** Waits for room instead of being refused. */
  readonly patient: boolean
  /** The call's place on its host's roll. */
  onRoll: boolean = false
  earlier: Call | undefined
  later: Call | undefined
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: SidelaneError) => void

  constructor(
    route: Route,
    payload: unknown,
    canonical: boolean,
    deadlineMs: number | undefined,
    signal: AbortSignal | undefined,
    resolve: (outcome: Outcome) => void,
    reject: (error: SidelaneError) => void,
    patient = false,
  ) {
    this.patient = patient
    this.route = route
    this.payload = payload
    this.canonical = canonical
    this.deadlineMs = deadlineMs
    this.signal = signal
    this.#resolve = resolve
    this.#reject = reject
  }

  get contract(): Contract {
    return this.route.contract
  }

  get settled(): boolean {
    return this.phase === 'settled'
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
    // Holders see the phase in which the call ended.
    this.seat?.release(this, result)
    this.signalGroup?.release(this, result)
    this.permit?.release(this, result)
    this.phase = 'settled'
    this.payload = undefined
    for (const holder of this.route.holders) holder.release(this, result)
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
  stackless('deadline.exceeded', {
    params: { where: (call.standIn ?? call).phase === 'running' ? 'run' : 'queue' },
  })
