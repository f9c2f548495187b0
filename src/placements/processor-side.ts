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
  type PlacementName,
  type Processor,
} from '../model/index.ts'

const maxDeadlineMs = 60_000
/** Pause of a patient call that found the queue of a foreign processor full, at least. */
const leastPauseMs = 5

export class ProcessorSide implements Placement {
  readonly name: PlacementName
  readonly busyDepth = 32
  readonly #processor: Processor

  constructor(processor: Processor) {
    this.name = processor.placement
    this.#processor = processor
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
    const onOutcome = (outcome: Outcome): void => {
      call.via = viaOf(outcome)
      call.settle(outcome)
    }
    const onError = (error: unknown): void => {
      if (!call.patient || !isOverloaded(error) || call.settled) return call.fail(toFault(error))
      setTimeout(() => !call.settled && this.run(call), Math.max(leastPauseMs, error.retryAfterMs ?? 0))
    }
    this.#processor.process(call.payload, options).then(onOutcome, onError)
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
    const { payload, canonical, patient, traceparent } = call
    const options = { canonical, deadlineMs, patient, traceparent }
    this.#inner = processor.startCall(payload, options, this.#settle, this.#fail)
    if (!call.settled) call.sharedRun = this.#inner
  }

  /** The outer call ends first, or has ended with this one. */
  release({ fault }: Call): void {
    this.#inner?.fail(fault ?? stackless('cancelled'))
  }

  readonly #settle = (outcome: Outcome): void => {
    this.#call.via = viaOf(outcome)
    this.#call.settle(outcome)
  }

  readonly #fail = (error: SidelaneError): void => this.#call.fail(error)
}

const isStarter = (processor: object): processor is CallStarter => 'startCall' in processor

const isOverloaded = (error: unknown): error is SidelaneError =>
  error instanceof SidelaneError && error.code === 'overloaded'
