// The app's own code as a placement: a function is called on the caller's thread, and its result is made an outcome.

import {
  appFunctionFault,
  Attempt,
  outcomeOf,
  SidelaneError,
  type AppCall,
  type AppFunction,
  withCanonical,
  type Call,
  type Contract,
  type EngineReport,
  type FallbackCause,
  type Holder,
  type Outcome,
  type Placement,
  type SideName,
} from '../model/index.ts'
import { decompress } from '../engine/index.ts'
import { utf8Length } from '#runtime'
import { sizeOfBytes } from '../util/payload-size.ts'
import { acceptUnprocessed } from './unprocessed.ts'

export interface FunctionPlacementOptions {
  /** Whose function it is, for errors. */
  readonly side: SideName | 'fallback'
  readonly run: AppFunction
}

export class FunctionPlacement implements Placement {
  readonly name = 'inline'
  /** What keeps the function busy is not known here. */
  readonly busyDepth = 32
  readonly engine: EngineReport
  readonly #options: FunctionPlacementOptions
  #contracts = 0

  constructor(options: FunctionPlacementOptions) {
    this.#options = options
    this.engine = { kind: 'app', reason: `The ${options.side} is a function of the app.`, tried: [] }
  }

  add(): number {
    return this.#contracts++
  }

  readonly run = (call: Call): void => {
    const { side, run } = this.#options
    call.phase = 'running'
    const inBytes = sizeOf(call.payload)
    const view = new CallView(call, call instanceof Attempt ? call.cause : undefined)
    call.holder = view
    let result: unknown
    try {
      result = run(call.payload, view)
    } catch (error) {
      return call.fail(faultOf(side, 'threw an error.', error))
    }
    if (!isThenable(result)) return this.#end(call, result, inBytes)
    // A thenable of the app may throw where a promise does not.
    void Promise.resolve(result).then(
      (value) => this.#end(call, value, inBytes),
      (error: unknown) => call.fail(faultOf(side, 'rejected.', error)),
    )
  }

  #end(call: Call, result: unknown, inBytes: number): void {
    const { side } = this.#options
    if (call.settled) return
    const { contract } = call.route
    // A fallback may have taken the payload elsewhere, such as to a queue.
    if (result === undefined && side === 'fallback') return acceptUnprocessed(call)
    let outcome: Outcome | string
    try {
      outcome = outcomeOf(result, contract, inBytes)
      if (typeof outcome !== 'string' && call.canonical) outcome = withCanonicalForm(outcome, contract)
    } catch (error) {
      return call.fail(appFunctionFault(side, 'result', 'returned what cannot be read.', error))
    }
    if (typeof outcome === 'string') call.fail(appFunctionFault(side, 'result', outcome))
    else call.settle(outcome)
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

/** `signal` is made when it is read: most functions do not. */
class CallView implements AppCall, Holder {
  readonly contract: Contract
  readonly deadlineMs: number | undefined
  readonly traceparent: string | undefined
  readonly cause?: FallbackCause
  #controller: AbortController | undefined

  constructor(call: Call, cause: FallbackCause | undefined) {
    this.contract = call.route.contract
    this.traceparent = call.traceparent
    this.deadlineMs =
      call.expiresAt === Number.POSITIVE_INFINITY ? undefined : Math.max(0, call.expiresAt - performance.now())
    if (cause !== undefined) this.cause = cause
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  /** The call has ended: by the function, or before it. */
  release(call: Call): void {
    if (call.fault !== undefined) this.#controller?.abort(call.fault)
  }
}

/** A fault of sidelane, such as of a processor that the function calls, stays what it is. */
const faultOf = (side: FunctionPlacementOptions['side'], how: string, error: unknown): SidelaneError =>
  error instanceof SidelaneError ? error : appFunctionFault(side, 'threw', how, error)

/** What the processor promises with `canonical: true`. */
function withCanonicalForm(outcome: Outcome, { profile, dictionary }: Contract): Outcome {
  if (!outcome.ok) return outcome
  const canonical =
    (outcome as { canonical?: Uint8Array }).canonical ??
    decompress(outcome.body, outcome.codec, {
      // The canonical form of a payload within the limit is not larger than this.
      maxBytes: Math.min(2_147_483_647, 8 * profile.limits.maxBytes),
      dictionary,
    })
  return withCanonical({ ...outcome, canonicalBytes: canonical.length }, canonical)
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** 0: a value, whose bytes are not known. */
function sizeOf(payload: unknown): number {
  return typeof payload === 'string' ? utf8Length(payload) : (sizeOfBytes(payload) ?? 0)
}
