// A processor as a placement: a call of one processor runs on another one, with what is left of its time.

import {
  deadlineError,
  SidelaneError,
  stackless,
  toFault,
  viaOf,
  type Call,
  type CallStarter,
  type EngineReport,
  type Holder,
  type Outcome,
  type Placement,
  type PlacedName,
  type Processor,
  type SideName,
} from '../model/index.ts'

const maxDeadlineMs = 60_000
/** Least pause of a call that waits for space, after the queue of a foreign processor was full. */
const leastPauseMs = 5

export class ProcessorSide implements Placement {
  readonly name: PlacedName
  readonly busyDepth = 32
  readonly #processor: Processor
  readonly #side: SideName

  /** `side`: whose processor it is, for errors. */
  constructor(processor: Processor, side: SideName) {
    this.name = processor.placement
    this.#processor = processor
    this.#side = side
  }

  get engine(): EngineReport {
    return this.#processor.engine
  }

  add(): number {
    return 0
  }

  readonly run = (call: Call): void => {
    const leftMs = call.expiresAt === Number.POSITIVE_INFINITY ? call.expiresAt : call.expiresAt - performance.now()
    if (leftMs <= 0) return call.fail(deadlineError('door'))
    if (isStarter(this.#processor)) new StartedCall(call).start(this.#processor, leftMs)
    else this.#runForeign(call, leftMs)
  }

  stop(): Promise<void> {
    return this.#processor.close()
  }

  /** A processor that the user wrote, or of another copy of this package. */
  #runForeign(call: Call, leftMs: number): void {
    const controller = new AbortController()
    call.phase = 'running'
    call.holder = { release: ({ fault }) => void (fault !== undefined && controller.abort(fault)) }
    const options = {
      canonical: call.canonical,
      signal: controller.signal,
      ...(leftMs <= maxDeadlineMs && { deadlineMs: Math.max(1, leftMs) }),
      ...(call.traceparent !== undefined && { traceparent: call.traceparent }),
    }
    const onOutcome = (outcome: unknown): void => {
      if (!isOutcome(outcome)) return call.fail(noOutcome(this.#side))
      call.via = viaOf(outcome)
      // It may be frozen, or kept by the processor: a call writes to its outcome.
      call.settle({ ...outcome })
    }
    const onError = (error: unknown): void => {
      if (!call.waitsForSpace || !isOverloaded(error) || call.settled) return call.fail(toFault(error))
      setTimeout(() => !call.settled && this.run(call), Math.max(leastPauseMs, error.retryAfterMs ?? 0))
    }
    // Its `process` may throw, or return no promise.
    new Promise((resolve) => resolve(this.#processor.process(call.payload, options))).then(onOutcome).catch(onError)
  }
}

/** One call on a processor of this package. */
class StartedCall implements Holder {
  readonly #call: Call
  /** undefined: it is being started. */
  #inner: Call | undefined

  constructor(call: Call) {
    this.#call = call
  }

  start(processor: CallStarter, deadlineMs: number): void {
    const call = this.#call
    call.holder = this
    const { payload, canonical, traceparent, waitsForSpace } = call
    const options = { canonical, deadlineMs, traceparent, waitsForSpace }
    this.#inner = processor.startCall(payload, options, this.#settle, this.#fail)
    // Code of the caller in the payload may have ended the call meanwhile.
    if (call.settled) this.release(call)
    else call.sharedRun = this.#inner
  }

  /** The outer call ends first, or has ended with this one. */
  release({ fault }: Call): void {
    if (this.#inner?.settled === false) this.#inner.fail(fault ?? stackless('cancelled'))
  }

  readonly #settle = (outcome: Outcome): void => {
    this.#call.via = viaOf(outcome)
    this.#call.settle(outcome)
  }

  readonly #fail = (error: SidelaneError): void => this.#call.fail(error)
}

const isStarter = (processor: object): processor is CallStarter => 'startCall' in processor

const isOutcome = (value: unknown): value is Outcome =>
  typeof value === 'object' && value !== null && 'ok' in value && typeof value.ok === 'boolean'

const noOutcome = (side: SideName): SidelaneError =>
  stackless('app.threw', {
    message: `The processor of the ${side} resolved with something that is not an outcome { ok, … }.`,
    params: { side, failure: 'result' },
  })

const isOverloaded = (error: unknown): error is SidelaneError =>
  error instanceof SidelaneError && error.code === 'overloaded'
