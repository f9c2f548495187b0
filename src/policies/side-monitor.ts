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
  /** The `via` of outcomes that have none. */
  readonly via: () => Via
  /** Called for each call that the side refuses with `overloaded`. */
  readonly onOverloaded?: () => void
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
  /** A call that began before belongs to the step before. */
  #restartedAt = Number.NEGATIVE_INFINITY
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
    this.#restartedAt = this.#clock()
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
    const kind = this.#countEnd(result)
    if (kind !== undefined && attempt.mark >= this.#restartedAt) {
      this.callsOfStep++
      this.#counts.add(kind, now)
      if (kind === answered) this.#latency.add(now - attempt.mark, now)
    }
    const call = attempt.parent
    if (call === undefined) return
    if (!(result instanceof SidelaneError)) call.via = this.#sided(attempt.via ?? viaOf(result) ?? this.#options.via())
    endWith(call, result)
  }

  /** In the totals. Undefined: it says nothing about the side. */
  #countEnd(result: Outcome | SidelaneError): number | undefined {
    const totals = this.#totals
    if (!(result instanceof SidelaneError)) {
      if (result.ok) totals.accepted++
      else totals.rejected++
      return answered
    }
    const { code } = result
    if (code === 'cancelled' || code === 'options.invalid') {
      totals.cancelled++
      return undefined
    }
    if (code === 'deadline.exceeded') {
      totals.deadlineExceeded++
      return late
    }
    if (code === 'overloaded') this.#options.onOverloaded?.()
    totals.errors++
    return failed
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
