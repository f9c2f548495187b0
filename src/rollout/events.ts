// What a rollout tells: to its owner, to the diagnostics channel `sidelane:rollout`, and as lines for operators.

import { channel } from 'node:diagnostics_channel'
import type { RolloutEvent, RolloutOptions } from '../model/index.ts'

const rolloutChannel = channel('sidelane:rollout')

/** Mismatches come in thousands: one line per so many ms. */
const mismatchPauseMs = 10_000

type WithoutContract<E> = E extends unknown ? Omit<E, 'contract'> : never

export type EventBody = WithoutContract<RolloutEvent>

export class RolloutEvents {
  readonly #contract: string
  readonly #onEvent: RolloutOptions['onEvent']
  readonly #writeLine: ((line: string) => void) | undefined
  #mismatchLoggedAt = Number.NEGATIVE_INFINITY

  constructor(contract: string, { onEvent, log = true }: Pick<RolloutOptions, 'onEvent' | 'log'>) {
    this.#contract = contract
    this.#onEvent = onEvent
    if (log !== false) this.#writeLine = log === true ? (line) => void process.stderr.write(`${line}\n`) : log
  }

  emit(body: EventBody): void {
    const event = { contract: this.#contract, ...body } as RolloutEvent
    if (rolloutChannel.hasSubscribers) rolloutChannel.publish(event)
    const onEvent = this.#onEvent
    const writeLine = this.#writeLine
    if (onEvent !== undefined) guarded(() => onEvent(event))
    if (writeLine !== undefined && this.#isWorthALine(event)) guarded(() => writeLine(lineOf(event)))
  }

  #isWorthALine(event: RolloutEvent): boolean {
    // Code that sets the percent knows it.
    if (event.type === 'percent') return event.by !== 'code'
    if (event.type !== 'mismatch') return true
    const now = performance.now()
    if (now - this.#mismatchLoggedAt < mismatchPauseMs) return false
    this.#mismatchLoggedAt = now
    return true
  }
}

/** An observer of the app that throws must not change what it observes: its error is a warning of the process. */
export function guarded(observe: () => void): void {
  try {
    observe()
  } catch (error) {
    const text = `An observer of a rollout threw: ${error instanceof Error ? error.name : typeof error}`
    process.emitWarning(text, { type: 'SidelaneWarning', code: 'SIDELANE_OBSERVER' })
  }
}

/** As the lines of the daemons: time, level, event, and what belongs to it. */
function lineOf({ type, ...rest }: RolloutEvent): string {
  const isGood =
    (type === 'percent' && 'by' in rest && rest.by !== 'guard') ||
    (type === 'breaker' && 'state' in rest && rest.state === 'closed') ||
    (type === 'file' && 'problem' in rest && rest.problem === undefined)
  const time = new Date().toISOString()
  return JSON.stringify({ time, level: isGood ? 'info' : 'warn', event: `rollout_${type}`, ...rest })
}
