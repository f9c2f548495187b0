// Stops calling what fails. Closed: counts; open: refuses with `unavailable`; half-open: one call is the probe, the others
// are refused. Faults of the caller (4xx, cancelled) and refusals by a full queue (429) never count: what answers is alive.

import {
  Attempt,
  endWith,
  SidelaneError,
  stackless,
  type BreakerSettings,
  type BreakerState,
  type BreakerStats,
  type Layer,
  type Outcome,
} from '../model/index.ts'
import { RollingCounts } from '../util/rolling-counts.ts'

/** What a result says about the path. */
export type Health = 'ok' | 'failed' | 'connect' | 'unknown'

const okCount = 0
const failedCount = 1
/** Part of the open time that is random, so that clients do not return together. */
const jitter = 0.1

export interface BreakerEvents {
  readonly onChange?: (state: BreakerState, why: string) => void
}

export class Breaker {
  state: BreakerState = 'closed'
  readonly #settings: BreakerSettings
  readonly #onChange: BreakerEvents['onChange']
  readonly #random: () => number
  readonly #counts: RollingCounts
  #connectFailures = 0
  /** Openings without a success between them: the exponent of the open time. */
  #openings = 0
  #openUntil = 0
  #openMs = 0
  /** Results of calls that began under an earlier state are about the past: they are ignored. */
  #generation = 1
  /** The generation of the last change of the state: later ones are probes. */
  #changedAt = 1
  #probesUntil = Number.NEGATIVE_INFINITY
  #opened = 0
  #refused = 0

  constructor(settings: BreakerSettings, events: BreakerEvents = {}, random: () => number = Math.random) {
    this.#settings = settings
    this.#onChange = events.onChange
    this.#random = random
    this.#counts = new RollingCounts(2, settings.windowMs)
  }

  /** For each call: the generation it belongs to, which `leave` takes; 0: it is refused. `now` never goes back. */
  enter(now: number): number {
    if (this.state === 'closed') return this.#generation
    if (this.state === 'open' && now >= this.#openUntil) this.#change('half-open', 'the open time is over')
    // A probe that does not end in time is replaced.
    if (this.state === 'half-open' && now >= this.#probesUntil) {
      this.#probesUntil = now + this.#openMs
      return ++this.#generation
    }
    this.#refused++
    return 0
  }

  /** How a call ended that `enter` let through. */
  leave(generation: number, health: Health, now: number): void {
    const isLast = generation === this.#generation
    if (this.state === 'half-open') {
      // A probe that was replaced still says whether the path works; one that says nothing has no part in it.
      if (generation > this.#changedAt && (isLast || health !== 'unknown')) this.#probed(health, now)
    } else if (this.state === 'closed' && isLast) this.#count(health, now)
  }

  /** Time until a probe may pass; 0: now. */
  waitMs(now: number): number {
    if (this.state === 'closed') return 0
    return Math.max(0, (this.state === 'open' ? this.#openUntil : this.#probesUntil) - now)
  }

  get stats(): BreakerStats {
    return { state: this.state, opened: this.#opened, refused: this.#refused }
  }

  #probed(health: Health, now: number): void {
    // Says nothing: the next call is the probe.
    if (health === 'unknown') this.#probesUntil = now
    else if (health !== 'ok') this.#open(now, 'the probe failed')
    else {
      this.#openings = 0
      this.#change('closed', 'the probe succeeded')
    }
  }

  #count(health: Health, now: number): void {
    if (health === 'unknown') return
    this.#counts.add(health === 'ok' ? okCount : failedCount, now)
    this.#connectFailures = health === 'connect' ? this.#connectFailures + 1 : 0
    if (health === 'ok') return
    const { failureRatio, minCalls, connectFailures } = this.#settings
    const [ok, failed] = this.#counts.totals as [number, number]
    if (this.#connectFailures >= connectFailures) this.#open(now, `${connectFailures} connects failed in a row`)
    else if (ok + failed >= minCalls && failed >= failureRatio * (ok + failed)) {
      this.#open(now, `${failed} of ${ok + failed} calls failed`)
    }
  }

  #open(now: number, why: string): void {
    const { openMs, maxOpenMs } = this.#settings
    const length = Math.min(maxOpenMs, openMs * 2 ** this.#openings++)
    this.#openMs = length * (1 - jitter + 2 * jitter * this.#random())
    this.#openUntil = now + this.#openMs
    this.#opened++
    this.#change('open', why)
  }

  #change(state: BreakerState, why: string): void {
    this.state = state
    this.#changedAt = ++this.#generation
    this.#connectFailures = 0
    this.#counts.clear()
    this.#probesUntil = Number.NEGATIVE_INFINITY
    this.#onChange?.(state, why)
  }
}

/** What the end of a call says about the path that it took. */
export function healthOf(result: Outcome | SidelaneError): Health {
  // A rejection is an answer.
  if (!(result instanceof SidelaneError)) return 'ok'
  const { code, status, params } = result
  if (status < 500 || code === 'options.invalid') return 'unknown'
  return code === 'unavailable' && params?.['reason'] === 'connect' ? 'connect' : 'failed'
}

/** The call ended first, and not by its deadline: someone closed the processor, which says nothing about the path. */
const endedAbove = ({ parent }: Attempt, result: Outcome | SidelaneError): boolean =>
  parent === undefined && result instanceof SidelaneError && result.code !== 'deadline.exceeded'

/** `params.reason` of the fault `unavailable` by a breaker. */
export const breakerReason = 'breaker.open'

/** Refuses calls while the breaker is open, and tells it how the others end. */
export const breaker = (state: Breaker, clock: () => number = () => performance.now()): Layer => {
  const onEnd = (attempt: Attempt, result: Outcome | SidelaneError): void => {
    const health = endedAbove(attempt, result) ? 'unknown' : healthOf(result)
    state.leave(attempt.mark, health, state.state === 'closed' && health === 'unknown' ? 0 : clock())
    if (attempt.parent !== undefined) endWith(attempt.parent, result)
  }
  return (inner) => (call) => {
    const generation = state.enter(state.state === 'closed' ? 0 : clock())
    if (generation === 0) return call.fail(refusal(state.waitMs(clock())))
    const attempt = new Attempt(call, call.route, onEnd)
    attempt.mark = generation
    attempt.start(inner)
  }
}

const refusal = (waitMs: number): SidelaneError =>
  stackless('unavailable', {
    message: `The breaker is open, because calls failed: the next one is let through in ${Math.ceil(waitMs)} ms.`,
    params: { reason: breakerReason },
  })
