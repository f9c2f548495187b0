// The queue in front of the workers: first in, first out, with O(1) removal from the middle when a call ends early. Its
// payloads are in shared memory: a payload is copied once and survives the worker. Admission is a policy, not here.

import type { Call, Holder } from '../../model/index.ts'
import { BumpArena, type Block } from '../../util/bump-arena.ts'
import { LinkedList, type Linked } from '../../util/linked-list.ts'
import type { BatchBuffer } from './batch-layout.ts'

export type SharedBytes = Uint8Array<SharedArrayBuffer>

/** The second one is for a payload larger than a block of the first, which gets a block of its own. */
const blockSizes = [
  { bytes: 256 * 1024, maxSpare: 8 },
  { bytes: 1024 * 1024, maxSpare: 4 },
]
const word = 8

/** One accepted payload: in the queue, later in a batch. */
export class QueuedCall implements Holder, Linked<QueuedCall> {
  readonly call: Call
  readonly length: number
  readonly block: Block<SharedBytes>
  readonly offset: number
  /** Deaths of workers that had this payload, weighted. */
  strikes: number = 0
  /** A worker died while it processed this payload. */
  isSuspect: boolean = false
  /** Where a worker finds it, while one has it. */
  batch: BatchBuffer | undefined
  item: number = 0
  next: QueuedCall | undefined
  previous: QueuedCall | undefined
  readonly #queue: Queue

  /** Copies the payload. */
  constructor(call: Call, payload: Uint8Array, queue: Queue) {
    const { length } = payload
    // V8 copies to shared memory word by word only when both sides have the same place in a word, and else byte by byte:
    // 0.15 µs or 1 µs for 4 KB.
    const shift = payload.byteOffset % word
    const block = queue.arena.reserve(length + shift, word)
    const offset = block.used + shift
    block.bytes.set(payload, offset)
    block.used = offset + length
    block.live++
    this.call = call
    this.length = length
    this.block = block
    this.offset = offset
    this.#queue = queue
  }

  release(): void {
    if (this.#queue.remove(this)) {
      this.releasePayload()
      this.#queue.onLeave()
    } else {
      this.batch?.drop(this.item)
    }
  }

  /** The payload, in memory that no other thread sees. */
  copy(): Uint8Array {
    return Uint8Array.from(this.block.bytes.subarray(this.offset, this.offset + this.length))
  }

  releasePayload(): void {
    this.batch = undefined
    this.#queue.arena.release(this.block)
  }
}

export class Queue extends LinkedList<QueuedCall> {
  readonly arena: BumpArena<SharedBytes> = new BumpArena(
    (bytes) => new Uint8Array(new SharedArrayBuffer(bytes)),
    blockSizes,
  )
  /** Called when a call has left the queue without a worker. */
  readonly onLeave: () => void
  /** Payload bytes of all calls. */
  bytes = 0

  constructor(onLeave: () => void) {
    super()
    this.onLeave = onLeave
  }

  override push(queued: QueuedCall): void {
    queued.call.phase = 'queued'
    this.bytes += queued.length
    super.push(queued)
  }

  /** In front: for a call that has waited before. */
  override unshift(queued: QueuedCall): void {
    queued.call.phase = 'queued'
    this.bytes += queued.length
    super.unshift(queued)
  }

  override remove(queued: QueuedCall): boolean {
    if (!super.remove(queued)) return false
    this.bytes -= queued.length
    return true
  }
}
