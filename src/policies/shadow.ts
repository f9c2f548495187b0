// Runs a share of the calls on the other side too, after they were answered, and compares. No call waits for it, it changes
// nothing, and it is the first to go: what does not fit into its bounds, or comes while the placement refuses calls, is
// dropped and counted.

import {
  Attempt,
  endWith,
  ProcessCall,
  SidelaneError,
  stackless,
  type Accepted,
  type Call,
  type Layer,
  type Outcome,
  type Route,
  type Run,
  type ShadowStats,
  type SideName,
} from '../model/index.ts'
import { sizeOfBytes } from '../util/payload-size.ts'
import { DeadlineTimer } from './deadline.ts'
import { keepPayload } from './own-payload.ts'

export interface ShadowParts {
  /** 0 to 1; it may change between two calls. */
  readonly share: () => number
  readonly maxInFlight: number
  readonly maxBytes: number
  /** Time limit of a run. */
  readonly deadlineMs: number
  /** Of each side, without fallback. */
  readonly runs: Readonly<Record<SideName, Run>>
  /** Whether the side may be called now. */
  readonly isOpen: (side: SideName) => boolean
  /** A value as bytes that this side takes in its place; undefined: the side takes the value itself. */
  readonly bytesOf?: (value: unknown, side: SideName) => Uint8Array | undefined
  /** Compares two outcomes of one payload, and reports. True: they are equal. */
  readonly compare: (answered: Compared, shadow: Compared, payload: unknown) => boolean
  readonly random?: () => number
  readonly clock?: () => number
}

export interface Compared {
  readonly side: SideName
  readonly outcome: Outcome
}

/** No shadow runs for this time after a refusal of the placement. */
const recoveryMs = 1000

interface ShadowRun {
  payload: unknown
  bytes: number
  /** Of the rollout, when its call began. */
  readonly step: number
}

export class Shadow {
  readonly #parts: ShadowParts
  readonly #random: () => number
  readonly #clock: () => number
  readonly #calls = new Set<Call>()
  readonly #timer = new DeadlineTimer(this.#calls)
  readonly #runs = new WeakMap<Attempt, ShadowRun>()
  readonly #counts = { matched: 0, mismatched: 0, failed: 0, dropped: 0, skipped: 0 }
  /** Since `restart`, for the guards. */
  #compared = 0
  #mismatched = 0
  #step = 0
  #inFlight = 0
  #bytes = 0
  #refusedAt = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(parts: ShadowParts) {
    this.#parts = parts
    this.#random = parts.random ?? Math.random
    this.#clock = parts.clock ?? (() => performance.now())
  }

  get stats(): ShadowStats {
    return { ...this.#counts, inFlight: this.#inFlight, bytes: this.#bytes }
  }

  /** In front of the choice of a side. */
  readonly layer: Layer = (inner) => (call) => {
    const share = this.#parts.share()
    if (share === 0 || (share < 1 && this.#random() >= share)) return inner(call)
    const bytes = sizeOf(call.payload)
    if (!this.#admits(bytes)) {
      this.#counts.dropped++
      return inner(call)
    }
    keepPayload(call)
    this.#inFlight++
    this.#bytes += bytes
    const attempt = new Attempt(call, call.route, this.#onAnswer)
    this.#runs.set(attempt, { payload: call.payload, bytes, step: this.#step })
    attempt.start(inner)
  }

  /** A new step of the rollout. */
  restart(): void {
    this.#step++
    this.#compared = 0
    this.#mismatched = 0
  }

  get ofStep(): { readonly compared: number; readonly mismatched: number } {
    return { compared: this.#compared, mismatched: this.#mismatched }
  }

  /** A side refused a call or a run with `overloaded`. */
  refused(): void {
    this.#refusedAt = this.#clock()
  }

  /** No run begins, and those in flight end. */
  stop(): void {
    this.#stopped = true
    for (const call of this.#calls) call.fail(stackless('cancelled'))
  }

  #admits(bytes: number): boolean {
    const { maxInFlight, maxBytes } = this.#parts
    if (this.#inFlight >= maxInFlight || this.#bytes + bytes > maxBytes) return false
    return this.#clock() - this.#refusedAt >= recoveryMs
  }

  readonly #onAnswer = (attempt: Attempt, result: Outcome | SidelaneError): void => {
    const run = this.#runs.get(attempt) as ShadowRun
    const call = attempt.parent
    const via = attempt.via
    const isFault = result instanceof SidelaneError
    if (isFault && result.code === 'overloaded') this.refused()
    // A call that failed, ended first, or was answered by a fallback has no side to compare with.
    const side = call === undefined || isFault || via?.fallback !== undefined ? undefined : via?.side
    const other: SideName = side === 'baseline' ? 'candidate' : 'baseline'
    if (isFault || side === undefined || this.#stopped || !this.#parts.isOpen(other)) {
      this.#counts.skipped++
      this.#end(run)
    } else if (!this.#keepValue(run, other)) {
      this.#counts.dropped++
      this.#end(run)
    } else {
      // The caller may change the bytes of its outcome.
      const answered = { side, outcome: kept(result) }
      const { route } = attempt
      setImmediate(() => this.#start(run, answered, route, other))
    }
    if (call !== undefined) endWith(call, result)
  }

  /** The caller may change a value as soon as it has its answer. False: its bytes do not fit. */
  #keepValue(run: ShadowRun, side: SideName): boolean {
    if (typeof run.payload === 'string' || sizeOfBytes(run.payload) !== undefined) return true
    const bytes = this.#parts.bytesOf?.(run.payload, side)
    if (bytes === undefined) return true
    run.payload = bytes
    run.bytes += bytes.length
    this.#bytes += bytes.length
    return this.#bytes <= this.#parts.maxBytes
  }

  #start(run: ShadowRun, answered: Compared, { contract, contractIndex }: Route, other: SideName): void {
    if (this.#stopped) {
      this.#counts.skipped++
      return this.#end(run)
    }
    const onEnd = (result: Outcome | SidelaneError): void => {
      this.#calls.delete(call)
      this.#compare(run, answered, other, result)
    }
    const uncounted: Route = { contract, contractIndex }
    const call = new ProcessCall(uncounted, run.payload, false, onEnd, onEnd)
    call.ownsPayload = true
    call.expiresAt = performance.now() + this.#parts.deadlineMs
    this.#calls.add(call)
    this.#timer.watch(call.expiresAt)
    this.#parts.runs[other](call)
  }

  #compare(run: ShadowRun, answered: Compared, side: SideName, result: Outcome | SidelaneError): void {
    this.#end(run)
    if (result instanceof SidelaneError) {
      // A full queue has no place for shadows.
      if (result.code === 'overloaded') this.refused()
      if (result.code === 'overloaded' || result.code === 'cancelled') this.#counts.dropped++
      else this.#counts.failed++
      return
    }
    const isEqual = this.#parts.compare(answered, { side, outcome: result }, run.payload)
    if (isEqual) this.#counts.matched++
    else this.#counts.mismatched++
    if (run.step !== this.#step) return
    this.#compared++
    if (!isEqual) this.#mismatched++
  }

  #end({ bytes }: ShadowRun): void {
    this.#inFlight--
    this.#bytes -= bytes
  }
}

const kept = (outcome: Outcome): Outcome => {
  if (!outcome.ok) return outcome
  const copy: Accepted = { ...outcome, body: new Uint8Array(outcome.body) }
  return copy
}

/** A value counts as nothing: its size is not known without writing it. */
const sizeOf = (payload: unknown): number =>
  typeof payload === 'string' ? payload.length : (sizeOfBytes(payload) ?? 0)
