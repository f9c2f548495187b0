// Counts how the calls of one side of a rollout end, and how long they take: what the guards look at. Behind the fallback, so
// that it sees what the fallback hides.

import {
  Attempt,
  endWith,
  SidelaneError,
  viaOf,
  type Layer,
  type Outcome,
  type SideName,
  type SideStats,
  type Via,
} from '../model/index.ts'
import { LatencyWindow } from '../util/latency-window.ts'
import { RollingCounts } from '../util/rolling-counts.ts'

/** Kinds of ends, for the window. */
const answered = 0
const failed = 1
const late = 2

export interface SideMonitorOptions {
  readonly side: SideName
  readonly windowMs: number
  /** Who answers, where the outcome does not say it. */
  readonly via: () => Via
  readonly clock?: () => number
}

/** What the window holds. */
export interface SideWindow {
  readonly calls: number
  readonly errors: number
  readonly deadlines: number
  readonly latencies: number
  /** NaN: none. */
  readonly p95Ms: number
}

export class SideMonitor {
  readonly #options: SideMonitorOptions
  readonly #clock: () => number
  readonly #counts: RollingCounts
  readonly #latency: LatencyWindow
  readonly #totals = { calls: 0, accepted: 0, rejected: 0, errors: 0, deadlineExceeded: 0, cancelled: 0 }
  /** Calls since `restart`, for steps. */
  callsOfStep = 0
  #inner: Via | undefined
  #outer: Via | undefined

  constructor(options: SideMonitorOptions) {
    this.#options = options
    this.#clock = options.clock ?? (() => performance.now())
    this.#counts = new RollingCounts(3, options.windowMs)
    this.#latency = new LatencyWindow(options.windowMs)
  }

  readonly layer: Layer = (inner) => (call) => {
    this.#totals.calls++
    const attempt = new Attempt(call, call.route, this.#onEnd)
    attempt.mark = this.#clock()
    attempt.start(inner)
  }

  /** A new step of the rollout: what was before says nothing about it. */
  restart(): void {
    this.callsOfStep = 0
    this.#counts.clear()
    this.#latency.clear()
  }

  window(): SideWindow {
    const now = this.#clock()
    this.#counts.expire(now)
    const [ok, errors, deadlines] = this.#counts.totals as [number, number, number]
    const { count, p95Ms } = this.#latency.read(now)
    return { calls: ok + errors + deadlines, errors, deadlines, latencies: count, p95Ms }
  }

  get stats(): SideStats {
    const { p95Ms } = this.#latency.read(this.#clock())
    return { ...this.#totals, p95Ms: Number.isNaN(p95Ms) ? null : p95Ms }
  }

  readonly #onEnd = (attempt: Attempt, result: Outcome | SidelaneError): void => {
    const now = this.#clock()
    if (result instanceof SidelaneError) this.#countFault(result, now)
    else {
      if (result.ok) this.#totals.accepted++
      else this.#totals.rejected++
      this.#count(answered, now)
      this.#latency.add(now - attempt.mark, now)
    }
    const call = attempt.parent
    if (call === undefined) return
    if (!(result instanceof SidelaneError)) call.via = this.#sided(attempt.via ?? viaOf(result) ?? this.#options.via())
    endWith(call, result)
  }

  #countFault({ code }: SidelaneError, now: number): void {
    if (code === 'cancelled' || code === 'options.invalid') this.#totals.cancelled++
    else if (code === 'deadline.exceeded') {
      this.#totals.deadlineExceeded++
      this.#count(late, now)
    } else {
      this.#totals.errors++
      this.#count(failed, now)
    }
  }

  #count(kind: number, now: number): void {
    this.callsOfStep++
    this.#counts.add(kind, now)
  }

  /** The same object for the same way. */
  #sided(via: Via): Via {
    if (via !== this.#inner || this.#outer === undefined) {
      this.#inner = via
      this.#outer = Object.freeze({ ...via, side: this.#options.side })
    }
    return this.#outer
  }
}
