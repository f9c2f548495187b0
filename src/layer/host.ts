// Host and processor as the user holds them: they turn `process` into a call and send it through the layers. Which
// layers, in which order, over which placement: create.ts.

import {
  Call,
  checkCallOptions,
  resolveProcessorOptions,
  SidelaneError,
  type Contract,
  type EngineReport,
  type Host,
  type Lifecycle,
  type Outcome,
  type Placement,
  type PlacementName,
  type Processor,
  type ProcessOptions,
  type ProcessorOptions,
  type ProcessOutcome,
  type Run,
  type State,
  type Stats,
} from '../contract/index.ts'
import { Life } from './life.ts'
import { Counters } from './observe.ts'

/** What the composition root gives: a way through all layers for the calls of one processor. */
export type Line = (own: { readonly counters: Counters; readonly life: Life }) => Run

interface HostParts {
  readonly placement: Placement
  readonly counters: Counters
  readonly life: Life
  readonly line: Line
}

export class PlacedHost implements Host {
  readonly placement: PlacementName
  readonly engine: EngineReport
  readonly #parts: HostParts

  constructor(parts: HostParts) {
    this.placement = parts.placement.name
    this.engine = parts.placement.engine
    this.#parts = parts
  }

  get state(): State {
    return this.#parts.life.state
  }

  processor<In, Out, C extends boolean = false>(
    contract: Contract<In, Out>,
    options: ProcessorOptions<C> = {},
  ): Processor<In, Out, C> {
    return this.open(contract, options, new Life('processor'))
  }

  /** @internal The processor whose life is `life`. */
  open<In, Out, C extends boolean>(
    contract: Contract<In, Out>,
    options: ProcessorOptions<C>,
    life: Life,
  ): Processor<In, Out, C> {
    const { digestKey, canonical } = resolveProcessorOptions(options)
    checkContract(contract)
    if (this.state !== 'ready') throw this.#parts.life.refusal()
    const { placement, line } = this.#parts
    return new PlacedProcessor<In, Out, C>({
      host: this,
      contract,
      contractIndex: placement.add(contract as Contract, digestKey),
      canonical,
      life,
      line,
    })
  }

  stats(): Stats {
    return this.#parts.counters.snapshot(waiting(this.#parts.life))
  }

  close(): Promise<void> {
    return this.#parts.life.close()
  }

  destroy(error?: Error): Promise<void> {
    return this.#parts.life.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

interface ProcessorParts<In, Out> {
  readonly host: Host
  readonly contract: Contract<In, Out>
  readonly contractIndex: number
  readonly canonical: boolean
  readonly life: Life
  readonly line: Line
}

class PlacedProcessor<In, Out, C extends boolean> implements Processor<In, Out, C> {
  readonly contract: Contract<In, Out>
  readonly placement: PlacementName
  readonly engine: EngineReport
  readonly #contractIndex: number
  readonly #canonical: boolean
  readonly #life: Lifecycle & Pick<Life, 'calls'>
  readonly #counters = new Counters()
  readonly #run: Run

  constructor(parts: ProcessorParts<In, Out>) {
    this.contract = parts.contract
    this.placement = parts.host.placement
    this.engine = parts.host.engine
    this.#contractIndex = parts.contractIndex
    this.#canonical = parts.canonical
    this.#life = parts.life
    this.#run = parts.line({ counters: this.#counters, life: parts.life })
  }

  get state(): State {
    return this.#life.state
  }

  process<K extends boolean = C>(
    payload: Uint8Array | string | In,
    options?: ProcessOptions<K>,
  ): Promise<ProcessOutcome<Out, K>> {
    const outcome = new Promise<Outcome>((resolve, reject) => {
      // A throw in here rejects.
      if (options !== undefined) checkCallOptions(options)
      const call = new Call(
        {
          payload,
          contract: this.contract as Contract,
          contractIndex: this.#contractIndex,
          canonical: options?.canonical ?? this.#canonical,
          deadlineMs: options?.deadlineMs,
          signal: options?.signal,
        },
        resolve,
        reject,
      )
      this.#run(call)
    })
    return outcome as Promise<ProcessOutcome<Out, K>>
  }

  stats(): Stats {
    return this.#counters.snapshot(waiting(this.#life))
  }

  close(): Promise<void> {
    return this.#life.close()
  }

  destroy(error?: Error): Promise<void> {
    return this.#life.destroy(error)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Counted when asked for: no call pays for a gauge. */
function waiting({ calls }: Pick<Life, 'calls'>): { queued: number; queuedBytes: number } {
  let queued = 0
  let queuedBytes = 0
  for (const call of calls) {
    if (call.phase !== 'queued') continue
    queued++
    queuedBytes += call.copiedBytes
  }
  return { queued, queuedBytes }
}

function checkContract(contract: unknown): void {
  const { id, profile } = (contract ?? {}) as Partial<Contract>
  if (typeof id === 'string' && typeof profile === 'object') return
  throw new SidelaneError('options.invalid', {
    message: 'Expected `contract` to be a contract of defineContract or loadContract',
  })
}
