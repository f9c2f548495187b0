// A REQUEST on its way through the daemon.

import { headBytes, writeAnswerHead } from '../wire/index.ts'
import type { Served } from './contracts.ts'
import type { Job, Output } from './job.ts'
import type { Slab } from './buffer-pool.ts'

/** What a job needs of its connection. */
export interface JobOwner {
  readonly answerCap: number
  /** More answers wait for the client than may. */
  readonly isFull: boolean
  /** Room behind which nothing stands. */
  room(bytes: number): Output
  /** The frame stands in the room, so many bytes of it. */
  answered(job: FramedJob, frameBytes: number): void
}

// One object a request, with all that there is to know: the garbage of the hot path.
export class FramedJob implements Job {
  readonly protocol = 'framed'
  readonly served: Served
  readonly trace: Uint8Array | undefined
  readonly canonical: boolean
  readonly receivedAt: number
  readonly expiresAt: number
  readonly reserved: number
  readonly inBytes: number
  readonly mostBytes: number
  readonly id: number
  payload: Uint8Array
  /** Where the payload is; undefined: in memory of its own. */
  slab: Slab | undefined
  startedAt = 0
  waits = false
  earlier: Job | undefined = undefined
  later: Job | undefined = undefined
  readonly #owner: JobOwner
  #frame: Output | undefined = undefined
  #frameAt = 0

  constructor(
    owner: JobOwner,
    served: Served,
    id: number,
    payload: Uint8Array,
    slab: Slab | undefined,
    trace: Uint8Array | undefined,
    canonical: boolean,
    receivedAt: number,
    expiresAt: number,
    reserved: number,
  ) {
    this.#owner = owner
    this.served = served
    this.id = id
    this.payload = payload
    this.slab = slab
    this.inBytes = payload.length
    this.trace = trace
    this.canonical = canonical
    this.receivedAt = receivedAt
    this.expiresAt = expiresAt
    this.reserved = reserved
    this.mostBytes = owner.answerCap
  }

  get isUnwelcome(): boolean {
    return this.#owner.isFull
  }

  room(bytes: number): Output {
    const output = this.#owner.room(headBytes + bytes)
    this.#frameAt = output.at
    this.#frame = output
    output.at += headBytes
    return output
  }

  answerAt(size: number, queueUs: number, runUs: number): void {
    const { bytes } = this.#frame as Output
    writeAnswerHead(bytes, this.#frameAt, size, this.id, queueUs, runUs)
    this.#owner.answered(this, headBytes + size)
  }

  answer(outcome: Uint8Array, queueUs: number, runUs: number): void {
    const { bytes, at } = this.room(outcome.length)
    bytes.set(outcome, at)
    this.answerAt(outcome.length, queueUs, runUs)
  }
}
