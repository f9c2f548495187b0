// The placement of a producer: calls wait here and in Redis until a worker has stored their results. Its policies are those of
// every host: deadline, signal, admission.

import {
  toFault,
  type Call,
  type Contract,
  type EngineReport,
  type Placement,
  type SidelaneError,
} from '../../model/index.ts'
import { boundedBytes } from '../../engine/index.ts'
import type { QueueState } from '../../policies/index.ts'
import { MovingAverage } from '../../util/moving-average.ts'
import { wirePayload } from '../batch-data.ts'
import type { DigestOf } from '../names.ts'
import { QueuedPayload } from './queued-payload.ts'

export interface QueuePlacementParts {
  readonly contract: Contract
  readonly digestOf: DigestOf
  readonly engine: EngineReport
  /** Calls that a stream keeps in flight. */
  readonly busyDepth: number
  /** A payload that has no batch. */
  readonly onPayload: (payload: QueuedPayload) => void
  /** A payload has ended. */
  readonly onPayloadEnd: (payload: QueuedPayload) => void
  readonly stop: () => Promise<void>
}

export class QueuePlacement implements Placement, QueueState {
  readonly name = 'queue'
  readonly engine: EngineReport
  readonly busyDepth: number
  queuedBytes = 0
  /** The bound of admission is the number of payloads in flight: nothing else is free or held. */
  readonly freeSlots = 0
  readonly capacity = 0
  onSpace: () => void = () => undefined
  readonly stop: () => Promise<void>
  readonly #parts: QueuePlacementParts
  /** By digest: equal payloads in flight are one. */
  readonly #payloads = new Map<string, QueuedPayload>()
  /** From the first call of a payload to its end, in ms. */
  readonly #roundTrip = new MovingAverage(100, 0.05)

  constructor(parts: QueuePlacementParts) {
    this.engine = parts.engine
    this.busyDepth = parts.busyDepth
    this.stop = parts.stop
    this.#parts = parts
  }

  get queued(): number {
    return this.#payloads.size
  }

  get drainMs(): number {
    return this.#roundTrip.value
  }

  /** It has one contract. */
  add(): number {
    return 0
  }

  readonly run = (call: Call): void => {
    const bytes = call.readPayload(boundedBytes)
    if (bytes === undefined) return
    try {
      this.#enter(call, bytes)
    } catch (error) {
      call.fail(toFault(error))
    }
  }

  /** A payload that no call waits for. */
  detached(bytes: Uint8Array, traceparent: string | undefined): QueuedPayload {
    return this.#newPayload(bytes, this.#parts.digestOf(bytes), traceparent, () => undefined)
  }

  failAll(error: SidelaneError): void {
    for (const payload of this.#payloads.values()) payload.fail(error)
  }

  #enter(call: Call, bytes: Uint8Array): void {
    const digest = this.#parts.digestOf(bytes)
    const known = this.#payloads.get(digest)
    if (known !== undefined) return known.join(call)
    const since = performance.now()
    const payload = this.#newPayload(bytes, digest, call.traceparent, (ended) => {
      this.#payloads.delete(digest)
      this.queuedBytes -= ended.bytes
      this.#roundTrip.add(performance.now() - since)
      this.#parts.onPayloadEnd(ended)
      this.onSpace()
    })
    this.#payloads.set(digest, payload)
    this.queuedBytes += payload.bytes
    payload.join(call)
    this.#parts.onPayload(payload)
  }

  #newPayload(
    bytes: Uint8Array,
    digest: string,
    traceparent: string | undefined,
    onEnd: (payload: QueuedPayload) => void,
  ): QueuedPayload {
    const { contract } = this.#parts
    return new QueuedPayload({ contract, digest, wire: wirePayload(bytes), bytes: bytes.length, traceparent, onEnd })
  }
}
