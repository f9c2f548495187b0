// One call on its way through the policies to a placement and back: it ends exactly once. What a policy does with it is
// not here.

import { markDictionary } from './dictionary-mark.ts'
import { deadlineError, SidelaneError } from './errors.ts'
import type { Contract } from './contract.ts'
import { decodeOutcome, type CopyRange } from './outcome-bytes.ts'
import type { Accepted, AcceptedCanonical, Outcome, Rejected } from './outcome.ts'
import type { AppCheck, PayloadContent, ReadContent } from './payload-content.ts'
import { answeredBy, isByEngine, isUnprocessed, type Via } from './via.ts'

/** Where a call goes next. It ends the call, now or later, and never throws. */
export type Run = (call: Call) => void

/** The value of canonical bytes. */
export type ReadValue = (canonical: Uint8Array) => unknown

/** A policy in front of a Run. */
export type Layer = (inner: Run) => Run

/** Keeps something for a call, and is notified when the call ends. */
export interface Holder {
  release(call: Call): void
}

/** Where a call is: `queued` means that no worker has it. */
export type Phase = 'new' | 'queued' | 'running' | 'settled'

/** What all calls of one processor have in common. */
export interface Route {
  readonly contract: Contract
  /** The placement's own number of the contract. */
  readonly contractIndex: number
  /** Reads the value of an accepted outcome; undefined: JSON.parse does. */
  readonly readValue?: ReadValue | undefined
  /** Of the digest `hmac-sha-256`. */
  readonly digestKey?: Uint8Array | undefined
  /** Called for each accepted outcome, which it replaces. */
  readonly appCheck?: AppCheck | undefined
  /** Called at the end of each call of `process`, after everything that was held for it is released. */
  readonly onEnd?: (call: ProcessCall, result: Outcome | SidelaneError) => void
  /** The `via` of a call that has none of its own. */
  readonly viaOf?: (call: Call) => Via
}

// A call is the garbage of a hot path: one object with plain fields.
export abstract class Call {
  readonly route: Route
  /** Dropped when the call ends, and as soon as a placement has its own copy. */
  payload: unknown
  /** Only this call holds the payload, so that no other code can change it. */
  ownsPayload: boolean = false
  /** Size of that copy. */
  copiedBytes: number = 0
  readonly canonical: boolean
  deadlineMs: number | undefined
  signal: AbortSignal | undefined
  /** W3C Trace Context, as the caller has it. */
  traceparent: string | undefined
  /** Waits for space in a queue instead of being refused. */
  waitsForSpace: boolean = false
  /** On the clock of `performance.now()`. */
  expiresAt: number = Number.POSITIVE_INFINITY
  phase: Phase = 'new'
  /** When a worker, a connection or a turn took the call, on the same clock; 0: at its start. */
  begunAt: number = 0
  /** Time in the queue of a daemon, in µs. */
  queueUs: number = 0
  /** Time in the engine, in µs; -1: not measured apart. */
  runUs: number = -1
  /** The queue, batch or connection that the call is in. */
  holder: Holder | undefined
  /** The calls that end together with this one when their signal is aborted. */
  signalGroup: Holder | undefined
  /** What admission, or a bounded fallback, gets back at the end of a call that it let in. */
  permit: Holder | undefined
  /** Set by a cache: the call that runs for this one and for others. */
  sharedRun: Call | undefined
  /** Whether a cache knew the result, itself or by its shared tier; undefined: no cache was used. */
  cached: 'hit' | 'shared' | 'miss' | undefined
  /** It ran on the caller's thread although there are others. */
  ranInline: boolean = false
  /** What the call failed with, for those who hold something for it. */
  fault: SidelaneError | undefined
  /** Set where more is known than the placement: by the side of a rollout, the processor of a side, a fallback. */
  via: Via | undefined
  /** Links of the host's list of active calls, or of the daemon's queue. */
  next: this | undefined
  previous: this | undefined

  constructor(route: Route, payload: unknown, canonical: boolean) {
    this.route = route
    this.payload = payload
    this.canonical = canonical
  }

  get settled(): boolean {
    return this.phase === 'settled'
  }

  /**
   * Called when a worker is about to take the call. False: the call failed instead, because its deadline would pass;
   * `leastMs` is the shortest time that its payload can take.
   */
  begin(now: number, leastMs: number): boolean {
    if (now + leastMs >= this.expiresAt) {
      this.fail(deadlineExceeded(this))
      return false
    }
    this.phase = 'running'
    this.begunAt = now
    return true
  }

  /**
   * The content of the payload. undefined: the call has ended, with the rejection or the fault of `read`, or while it read:
   * code of the caller in the payload, such as a getter or a `toJSON`, may abort the signal.
   */
  readPayload<T extends PayloadContent>(read: ReadContent<T>): T | undefined {
    let content: T | Rejected
    try {
      content = read(this.payload, this.route.contract.profile)
    } catch (error) {
      this.fail(toFault(error))
      return undefined
    }
    if (this.settled) return undefined
    // Not by instanceof: bytes may be of another realm.
    if (typeof content !== 'object' || !('ok' in content)) return content
    this.settle(content)
    return undefined
  }

  /** Ends the call with an outcome. Ignored when the call has ended. */
  abstract settle(outcome: Outcome): void

  /** Ends the call with the outcome or fault whose bytes (outcome-bytes.ts) start at `at`. `copy`: copies what it keeps of
   * them; by default into memory of its own. */
  abstract settleBytes(bytes: Uint8Array, at: number, copy?: CopyRange): void

  /** Ends the call with a fault. Ignored when the call has ended. */
  abstract fail(error: SidelaneError): void

  /** The placement is done with the call. */
  protected releasePlace(): void {
    const { holder, permit } = this
    this.holder = undefined
    this.permit = undefined
    holder?.release(this)
    permit?.release(this)
  }

  /** Releases what is held for the call. False: the call has ended before. */
  protected end(): boolean {
    if (this.settled) return false
    // Holders see the phase in which the call ended.
    this.releasePlace()
    // A holder that ends its own run may have ended this call with it.
    if (this.settled) return false
    this.signalGroup?.release(this)
    this.phase = 'settled'
    this.payload = undefined
    return true
  }
}

function withReader(outcome: Outcome | AcceptedCanonical, read: ReadValue): Outcome | AcceptedCanonical {
  if (!outcome.ok || !('canonical' in outcome)) return outcome
  const { canonical } = outcome
  return { ...outcome, value: () => read(canonical) }
}

/** Of one call, while someone listens to the tracing channel. */
export interface CallObserver {
  /** Times in µs; `queueWait` and `run` are NaN where the call has no run of its own. */
  ended(
    call: ProcessCall,
    result: Outcome | SidelaneError,
    via: Via | undefined,
    times: { readonly total: number; readonly queueWait: number; readonly run: number },
  ): void
}

/** A call of `process` or of a stream: it ends with a callback. */
export class ProcessCall extends Call {
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: SidelaneError) => void
  /** On the clock of `performance.now()`. */
  startedAt: number = 0
  /** Size of the payload as given: bytes, or the length of a text; 0: a value. */
  givenBytes: number = 0
  trace: CallObserver | undefined
  /** What was sent, for `Route.appCheck`. */
  content: PayloadContent | undefined
  /** The placement has accepted it, and the app's schema has it now. */
  isInApp: boolean = false

  constructor(
    route: Route,
    payload: unknown,
    canonical: boolean,
    resolve: (outcome: Outcome) => void,
    reject: (error: SidelaneError) => void,
  ) {
    super(route, payload, canonical)
    this.#resolve = resolve
    this.#reject = reject
  }

  settle(outcome: Outcome): void {
    const { appCheck, readValue } = this.route
    if (appCheck !== undefined && outcome.ok) this.#runInApp(appCheck, outcome)
    else this.#finish(readValue === undefined || isUnprocessed(this.via) ? outcome : withReader(outcome, readValue))
  }

  /** The deadline and the signal still hold while an asynchronous check runs. */
  #runInApp(check: AppCheck, outcome: Accepted): void {
    const { content } = this
    if (this.settled || this.isInApp || content === undefined) return
    this.isInApp = true
    this.releasePlace()
    try {
      const checked = check(content, outcome, isByEngine(this.via))
      if (!(checked instanceof Promise)) return this.#finish(checked)
      checked.then(
        (result) => this.#finish(result),
        (error: unknown) => this.fail(toFault(error)),
      )
    } catch (error) {
      this.fail(toFault(error))
    }
  }

  #finish(outcome: Outcome): void {
    if (!this.end()) return
    this.content = undefined
    const via = this.via ?? this.route.viaOf?.(this)
    if (via !== undefined) answeredBy(outcome, via)
    if (this.route.contract.profile.dictionary !== undefined) markDictionary(outcome)
    this.route.onEnd?.(this, outcome)
    this.#resolve(outcome)
  }

  settleBytes(bytes: Uint8Array, at: number, copy?: CopyRange): void {
    // Saves decoding a result that is dropped.
    if (this.settled) return
    try {
      this.settle(decodeOutcome(bytes, at, this.route.contract.profile.compress.codec, copy))
    } catch (error) {
      this.fail(toFault(error))
    }
  }

  fail(error: SidelaneError): void {
    if (this.settled) return
    this.fault = error
    if (!this.end()) return
    this.route.onEnd?.(this, error)
    this.#reject(error)
  }
}

/** Any thrown value as a fault. An engine's own message may quote the payload, so it is left out. */
export function toFault(error: unknown): SidelaneError {
  if (error instanceof SidelaneError) return error
  if (!(error instanceof Error)) return new SidelaneError('internal.panic', { params: { name: typeof error } })
  const { name, message, stack = '' } = error
  // The stack starts with the message.
  const frame = stack.slice(stack.indexOf(message) + message.length).match(/\n\s+at (.+)/)?.[1]
  return new SidelaneError('internal.panic', { params: { name, ...(frame !== undefined && { at: frame }) } })
}

/** The run of a call: of its own, of the call that a cache shares, or of the last attempt. */
export function runOf(call: Call): Call {
  let run = call
  while (run.sharedRun !== undefined) run = run.sharedRun
  return run
}

export const deadlineExceeded = (call: Call): SidelaneError => deadlineError(isRunning(call) ? 'run' : 'queue')

function isRunning(call: Call): boolean {
  let run = call
  while (!(run instanceof ProcessCall && run.isInApp)) {
    if (run.sharedRun === undefined) return run.phase === 'running'
    run = run.sharedRun
  }
  return true
}
