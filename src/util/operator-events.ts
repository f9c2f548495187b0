// Events that an operator should know: to the app that owns what they are about, to the diagnostics channel `sidelane:events`, and
// as lines of a log.

import { channel } from 'node:diagnostics_channel'

const events = channel('sidelane:events')

export interface EventTargets<E> {
  /** Gets each event. */
  readonly onEvent?: ((event: E) => void) | undefined
  /** One JSON line for each event that is worth one: to stderr, to a function, or not at all. Default true. */
  readonly log?: boolean | ((line: string) => void) | undefined
}

export class OperatorEvents<E> {
  readonly #onEvent: EventTargets<E>['onEvent']
  readonly #writeLine: ((line: string) => void) | undefined

  constructor({ onEvent, log = true }: EventTargets<E>) {
    this.#onEvent = onEvent
    if (log !== false) this.#writeLine = log === true ? (line) => void process.stderr.write(`${line}\n`) : log
  }

  /** `line`: undefined where the event is worth none; else its level, its name, and fields as the lines of the daemons have. */
  emit(event: E, line: { readonly level: 'info' | 'warn'; readonly event: string } | undefined): void {
    if (events.hasSubscribers) events.publish(event)
    const onEvent = this.#onEvent
    const writeLine = this.#writeLine
    if (onEvent !== undefined) guarded(() => onEvent(event))
    if (writeLine === undefined || line === undefined) return
    guarded(() => writeLine(JSON.stringify({ time: new Date().toISOString(), ...line })))
  }
}

/** An observer of the app that throws or rejects must not change what it observes: its error is a warning of the process. */
export function guarded(observe: () => unknown): void {
  try {
    const result = observe()
    if (result !== undefined) ignoreRejection(result, warn)
  } catch (error) {
    warn(error)
  }
}

/** Of what the app returned: a rejection without a handler would end the process. */
export function ignoreRejection(result: unknown, onRejected: (error: unknown) => void = () => {}): void {
  if (typeof result === 'object' && result !== null) Promise.resolve(result).then(undefined, onRejected)
}

function warn(error: unknown): void {
  const text = `onEvent, log, write or onMismatch threw: ${error instanceof Error ? error.name : typeof error}`
  process.emitWarning(text, { type: 'SidelaneWarning', code: 'SIDELANE_OBSERVER' })
}
