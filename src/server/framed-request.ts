// A REQUEST on its way through the daemon: its payload, and where its answer is written.

import { encodeFault, encodeOutcome, type Rejected, type SidelaneError } from '../model/index.ts'
import { headBytes, writeAnswerHead } from '../wire/index.ts'
import { BumpArena, type Block } from '../util/bump-arena.ts'
import type { WriteBatcher } from '../util/write-batcher.ts'
import type { Served } from './contracts.ts'
import type { Job, Output } from './job.ts'

/** What requests of one connection have in common. */
export interface FramedRequestTarget {
  readonly writer: WriteBatcher
  /** Longest outcome. */
  readonly maxOutcomeBytes: number
  /** The answer of the request has been added to the writer. */
  readonly onAnswer: (request: FramedRequest) => void
}

/** All connections share the empty blocks: 4 MiB are kept, more are left to the garbage collector. */
const blocks = { bytes: 128 * 1024, maxSpare: 32, spare: [] as Block<Buffer>[] }

export const newBlockArena = (): BumpArena<Buffer> => new BumpArena(Buffer.allocUnsafeSlow, [blocks])

/** Payloads that wait in the queue: they outlive the buffer that they were read into. */
const payloads = newBlockArena()

/** Returned by `room`; valid until the next call. */
const output: Output = { bytes: new Uint8Array(0), at: 0 }

// A hot path: one object per request holds all of its state.
export class FramedRequest implements Job {
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
  startedAt = 0
  waits = false
  earlier: Job | undefined = undefined
  later: Job | undefined = undefined
  readonly #target: FramedRequestTarget
  /** Holds the payload; undefined: the payload has memory of its own. */
  #payloadBlock: Block<Buffer> | undefined = undefined
  #answerBlock: Block<Buffer> | undefined = undefined

  /** `own`: the payload may be kept; else it is copied. */
  constructor(
    target: FramedRequestTarget,
    served: Served,
    id: number,
    payload: Uint8Array,
    own: boolean,
    trace: Uint8Array | undefined,
    canonical: boolean,
    receivedAt: number,
    expiresAt: number,
    reserved: number,
  ) {
    this.#target = target
    this.served = served
    this.id = id
    this.payload = own ? payload : this.#copy(payload)
    this.inBytes = payload.length
    this.trace = trace
    this.canonical = canonical
    this.receivedAt = receivedAt
    this.expiresAt = expiresAt
    this.reserved = reserved
    this.mostBytes = target.maxOutcomeBytes
  }

  /** The payload is not used from now on. */
  releasePayload(): void {
    if (this.#payloadBlock !== undefined) payloads.release(this.#payloadBlock)
    this.#payloadBlock = undefined
  }

  get isUnwelcome(): boolean {
    return this.#target.writer.full
  }

  room(bytes: number): Output {
    const block = this.#target.writer.reserve(headBytes + bytes)
    this.#answerBlock = block
    output.bytes = block.bytes
    output.at = block.used + headBytes
    return output
  }

  answerAt(size: number, queueUs: number, runUs: number): void {
    const { writer, onAnswer } = this.#target
    const block = this.#answerBlock as Block<Buffer>
    writeAnswerHead(block.bytes, block.used, size, this.id, queueUs, runUs)
    writer.add(block, headBytes + size, 1)
    onAnswer(this)
  }

  answer(outcome: Uint8Array, queueUs: number, runUs: number): void {
    const { bytes, at } = this.room(outcome.length)
    bytes.set(outcome, at)
    this.answerAt(outcome.length, queueUs, runUs)
  }

  #copy(payload: Uint8Array): Uint8Array {
    const block = payloads.reserve(payload.length)
    const at = block.used
    block.bytes.set(payload, at)
    block.used += payload.length
    block.live++
    this.#payloadBlock = block
    return block.bytes.subarray(at, block.used)
  }
}

/** Room for a fault or a rejection without issues. */
const maxFaultBytes = 1024

/** Answers a request that is not in the queue. With id 0 the answer is about the connection. */
export function addAnswer(writer: WriteBatcher, id: number, answer: SidelaneError | Rejected): void {
  const block = writer.reserve(headBytes + maxFaultBytes)
  const bodyAt = block.used + headBytes
  const size = 'ok' in answer ? encodeOutcome(answer, block.bytes, bodyAt) : encodeFault(answer, block.bytes, bodyAt)
  writeAnswerHead(block.bytes, block.used, size, id, 0, 0)
  writer.add(block, headBytes + size)
}
