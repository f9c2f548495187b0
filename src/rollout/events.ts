// The events of a rollout, and which of them become log lines.

import type { RolloutEvent, RolloutOptions } from '../model/index.ts'
import { OperatorEvents } from '../util/operator-events.ts'

/** Mismatches come in thousands: one line per this many ms. */
const mismatchPauseMs = 10_000

type WithoutContract<E> = E extends unknown ? Omit<E, 'contract'> : never

export type EventBody = WithoutContract<RolloutEvent>

export class RolloutEvents {
  readonly #contract: string
  readonly #events: OperatorEvents<RolloutEvent>
  #mismatchLoggedAt = Number.NEGATIVE_INFINITY

  constructor(contract: string, targets: Pick<RolloutOptions, 'onEvent' | 'log'>) {
    this.#contract = contract
    this.#events = new OperatorEvents(targets)
  }

  emit(body: EventBody): void {
    const event = { contract: this.#contract, ...body } as RolloutEvent
    this.#events.emit(event, this.#isLogged(event) ? lineOf(event) : undefined)
  }

  #isLogged(event: RolloutEvent): boolean {
    // A change by code needs no line: the app made it.
    if (event.type === 'percent') return event.by !== 'code'
    if (event.type !== 'mismatch') return true
    const now = performance.now()
    if (now - this.#mismatchLoggedAt < mismatchPauseMs) return false
    this.#mismatchLoggedAt = now
    return true
  }
}

function lineOf({ type, ...rest }: RolloutEvent): { readonly level: 'info' | 'warn'; readonly event: string } {
  const isGood =
    (type === 'percent' && 'by' in rest && rest.by !== 'guard') ||
    (type === 'breaker' && 'state' in rest && rest.state === 'closed') ||
    (type === 'file' && 'problem' in rest && rest.problem === undefined)
  return { level: isGood ? 'info' : 'warn', event: `rollout_${type}`, ...rest }
}
