// The tracing channel `sidelane:process`: what it says about a call, and when. A call without a subscriber makes nothing of it.

import {
  stackless,
  SidelaneError,
  type CallEvent,
  type EngineReport,
  type Outcome,
  type PlacedName,
  type ProcessCall,
  type Via,
} from '../model/index.ts'
import { processChannel } from '#runtime'
import type { CallTimes } from './call-times.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Bun and Deno may lack `hasSubscribers` of the five channels together. */
export const isTraced = (): boolean =>
  processChannel !== undefined && (processChannel.hasSubscribers ?? processChannel.start.hasSubscribers)

export interface TracedProcessor {
  readonly placement: PlacedName
  readonly engine: EngineReport
}

export class CallTrace {
  readonly #event: Writable<CallEvent>
  /** The synchronous part is over. */
  #isAsync = false
  #isDone = false

  constructor({ route, traceparent }: ProcessCall, { placement, engine }: TracedProcessor) {
    const { name, id } = route.contract
    this.#event = {
      contract: name,
      contractId: id,
      placement: placement === 'auto' ? 'pool' : placement,
      engine: engine.kind,
      traceparent,
    }
  }

  /** Runs the call between `start` and `end`. Stores that are bound to `start` hold in it. */
  run(call: ProcessCall, start: (call: ProcessCall) => void): void {
    const event = this.#event
    processChannel?.start.runStores(event, () => {
      call.traceparent = event.traceparent
      start(call)
    })
    processChannel?.end.publish(event)
    this.#isAsync = true
    if (this.#isDone) this.#publishEnd()
  }

  /** The call has ended. */
  ended(call: ProcessCall, result: Outcome | SidelaneError, via: Via | undefined, times: CallTimes): void {
    const event = this.#event
    const isFault = result instanceof SidelaneError
    event.code = isFault || !result.ok ? result.code : 'accepted'
    event.status = isFault || !result.ok ? result.status : 200
    event.inBytes = !isFault && result.ok ? result.inBytes : call.givenBytes
    event.outBytes = !isFault && result.ok ? result.outBytes : 0
    event.millis = times.total / 1000
    if (isFault) {
      const { code, message, params } = result
      event.error = stackless(code, { message, params })
    } else {
      if (!Number.isNaN(times.run)) {
        event.queueUs = times.queueWait
        event.runUs = times.run
      }
      if (via !== undefined) Object.assign(event, via)
    }
    this.#isDone = true
    if (this.#isAsync) this.#publishEnd()
  }

  #publishEnd(): void {
    const event = this.#event
    if (event.error !== undefined) processChannel?.error.publish(event)
    processChannel?.asyncStart.publish(event)
    processChannel?.asyncEnd.publish(event)
  }
}
