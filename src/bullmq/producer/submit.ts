// Submits payloads without waiting for their results: for apps whose workers give results to a function.

import {
  check,
  invalidOptions,
  SidelaneError,
  stringRule,
  type Contract,
  type Payload,
  type Processor,
  type Rejected,
  type State,
} from '../../model/index.ts'
import { boundedBytes } from '../../engine/index.ts'
import { openerOfItems } from '../../util/source-iterator.ts'
import type { BatchOptions } from '../options.ts'
import { Batch } from './batch.ts'
import type { BatchSender } from './batch-sender.ts'
import type { QueuedPayload } from './queued-payload.ts'
import type { QueuePlacement } from './queue-placement.ts'

/** What Redis has taken. */
export interface Receipt {
  /** The batches: ids of jobs in BullMQ. */
  readonly batches: readonly { readonly id: string; readonly payloads: number }[]
  /** Payloads that were not submitted, by their index. */
  readonly rejects: readonly { readonly index: number; readonly outcome: Rejected }[]
}

/** Options of `submit`. */
export interface SubmitOptions {
  /** The header of W3C Trace Context: as with `process`. */
  readonly traceparent?: string | undefined
}

/** A processor whose payloads are processed by the workers of a queue. */
export interface QueueProcessor<
  In = unknown,
  Out = In,
  C extends boolean = false,
  A extends boolean = false,
> extends Processor<In, Out, C, A> {
  /**
   * Resolves when Redis has the payloads, and with AOF when they are as durable as `appendfsync` says. It waits while too
   * much waits in Redis. The results are where the workers put them. Rejects with `unavailable` and `overloaded` as
   * `process` does, and with `options.invalid`; payloads before the fault may have been taken, and may be submitted again.
   */
  submit(
    payloads: (AsyncIterable<Payload<In>> | Iterable<Payload<In>>) & object,
    options?: SubmitOptions,
  ): Promise<Receipt>
}

export interface SubmitterParts {
  readonly placement: QueuePlacement
  readonly sender: BatchSender
  readonly batch: Required<{ readonly [K in keyof BatchOptions]: number }>
  readonly contract: Contract
  readonly state: () => State
}

export const submitter =
  ({
    placement,
    sender,
    batch: { maxPayloads, maxBytes },
    contract,
    state,
  }: SubmitterParts): QueueProcessor['submit'] =>
  async (payloads, options = {}) => {
    check('submit', options, { traceparent: stringRule })
    if (openerOfItems(payloads) === undefined) {
      throw invalidOptions('Expected `payloads` to be an iterable or an async iterable of payloads')
    }
    const { traceparent } = options
    const batches: { id: string; payloads: number }[] = []
    const rejects: { index: number; outcome: Rejected }[] = []
    let pending: QueuedPayload[] = []
    let bytes = 0
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return
      const batch = await send(sender, contract.id, pending)
      batches.push({ id: batch.id, payloads: pending.length })
      pending = []
      bytes = 0
    }
    let index = 0
    for await (const payload of payloads) {
      if (state() !== 'ready') throw new SidelaneError('unavailable', { message: `The processor is ${state()}.` })
      const own = boundedBytes(payload, contract.profile)
      if ('ok' in own) rejects.push({ index, outcome: own })
      else {
        if (bytes + own.length > maxBytes) await flush()
        pending.push(placement.detached(own, traceparent))
        bytes += own.length
        if (pending.length === maxPayloads) await flush()
      }
      index++
    }
    await flush()
    return { batches, rejects }
  }

function send(sender: BatchSender, contractId: string, payloads: readonly QueuedPayload[]): Promise<Batch> {
  return new Promise((resolve, reject) => {
    const batch: Batch = new Batch(contractId, payloads, () => resolve(batch))
    for (const payload of payloads) payload.onFault = reject
    sender.submit(batch)
  })
}
