// A REQUEST on its way through the daemon: its payload, and where its answer is written.

import { encodeFault, encodeOutcome, type Rejected, type SidelaneError } from '../model/index.ts'
import { flags, headerBytes, noDeadline, traceBytes, writeResponseHeader, type FrameHeader } from '../wire/index.ts'
import { BumpArena, type Block } from '../util/bump-arena.ts'
import type { WriteBatcher } from '../util/write-batcher.ts'
import type { LoadedContract } from './contracts.ts'
import type { Peer } from './tls/peers.ts'
import { ServerRequest, type Output } from './request.ts'

/** What requests of one connection have in common. */
export interface FramedRequestTarget {
  readonly writer: WriteBatcher
  readonly peer: Peer | undefined
  /** The answer of the request has been added to the writer. */
  readonly onAnswer: (request: FramedRequest) => void
}

/** All connections share the empty blocks: 4 MiB are kept, more are left to the garbage collector. */
const blocks = { bytes: 128 * 1024, maxSpare: 32, spare: [] as Block<Buffer>[] }

export const newBlockArena = (): BumpArena<Buffer> => new BumpArena((bytes) => Buffer.allocUnsafeSlow(bytes), [blocks])

/** Payloads that wait in the queue: they outlive the buffer that they were read into. */
const payloads = newBlockArena()

/** Returned by `outputFor`; valid until the next call. */
const output: Output = { bytes: new Uint8Array(0), at: 0 }

// A hot path: one object per request holds all of its state.
export class FramedRequest extends ServerRequest {
  readonly protocol = 'framed'
  readonly id: number
  readonly #target: FramedRequestTarget
  /** Holds the payload; undefined: the payload is not in a block. */
  #payloadBlock: Block<Buffer> | undefined = undefined
  #answerBlock: Block<Buffer> | undefined = undefined

  /** `copies`: `body` is in memory that is reused before the queue has processed it. */
  constructor(
    target: FramedRequestTarget,
    contract: LoadedContract,
    { flags: bits, id, length, a: deadlineMs }: FrameHeader,
    body: Uint8Array,
    copies: boolean,
    receivedAt: number,
  ) {
    const hasTrace = (bits & flags.trace) !== 0
    const payload = hasTrace ? body.subarray(traceBytes) : body
    const trace = hasTrace ? Uint8Array.from(body.subarray(0, traceBytes)) : undefined
    const expiresAt = deadlineMs === noDeadline ? Number.POSITIVE_INFINITY : receivedAt + deadlineMs
    super(contract, payload, (bits & flags.canonical) !== 0, trace, receivedAt, expiresAt, length, target.peer)
    this.#target = target
    this.id = id
    if (copies) this.#copyPayload(payload)
  }

  /** The payload is not used from now on. */
  releasePayload(): void {
    if (this.#payloadBlock !== undefined) payloads.release(this.#payloadBlock)
    this.#payloadBlock = undefined
  }

  override get isUnwelcome(): boolean {
    return this.#target.writer.full
  }

  override outputFor(bytes: number): Output {
    const block = this.#target.writer.reserve(headerBytes + bytes)
    this.#answerBlock = block
    output.bytes = block.bytes
    output.at = block.used + headerBytes
    return output
  }

  respond(_output: Output, size: number, queueUs: number, runUs: number): void {
    const { writer, onAnswer } = this.#target
    const block = this.#answerBlock as Block<Buffer>
    writeResponseHeader(block.bytes, block.used, size, this.id, queueUs, runUs)
    writer.add(block, headerBytes + size, 1)
    onAnswer(this)
  }

  #copyPayload(payload: Uint8Array): void {
    const block = payloads.reserve(payload.length)
    const at = block.used
    block.bytes.set(payload, at)
    block.used += payload.length
    block.live++
    this.#payloadBlock = block
    this.payload = block.bytes.subarray(at, block.used)
  }
}

/** Room for a fault or a rejection without issues. */
const maxFaultBytes = 1024

/** Answers a request that is not in the queue. With id 0 the answer is about the connection. */
export function addAnswer(writer: WriteBatcher, id: number, answer: SidelaneError | Rejected): void {
  const block = writer.reserve(headerBytes + maxFaultBytes)
  const bodyAt = block.used + headerBytes
  const size = 'ok' in answer ? encodeOutcome(answer, block.bytes, bodyAt) : encodeFault(answer, block.bytes, bodyAt)
  writeResponseHeader(block.bytes, block.used, size, id, 0, 0)
  writer.add(block, headerBytes + size)
}
