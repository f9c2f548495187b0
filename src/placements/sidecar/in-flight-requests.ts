// The requests of one connection that have no answer yet, found by id, and the memory of their payloads. The client
// decides which connection takes a call, and what follows when a request is refused or lost.

import { Buffer } from 'node:buffer'
import type { Rejected, SidelaneError } from '../../model/index.ts'
import {
  defaultInFlight,
  flags,
  headerBytes,
  kinds,
  noDeadline,
  traceFromText,
  writeFrameHeader,
} from '../../wire/index.ts'
import { CopyPool } from '../../util/copy-pool.ts'
import type { WriteBatcher } from '../../util/write-batcher.ts'
import { CongestionWindow } from './flow-control.ts'
import type { Content, PendingRequest, RequestOwner } from './request.ts'

/** Payloads kept for a retry. One request is sent whatever its size. */
const maxRetainedBytes = 16 * 1024 * 1024
/** A longer text is measured before it is written: reserving three bytes per code unit would waste a block. */
const longText = 16 * 1024
/** Bounds what a daemon may allow: the table is allocated at once. */
const maxInFlight = 65_535

/** Requests by id without hashing: ids only grow, and the low bits of an id are the index of its slot. */
export class RequestTable<T extends { id: number }> {
  lastId = 0
  size = 0
  readonly #slots: (T | undefined)[]
  readonly #mask: number

  constructor(maxSize: number) {
    // Twice the size, so that a free slot is always near.
    const slots = 2 ** Math.ceil(Math.log2(2 * maxSize))
    this.#slots = Array.from({ length: slots }, () => undefined)
    this.#mask = slots - 1
  }

  /** Gives the request an id that is greater than all before. */
  add(request: T): void {
    do this.lastId++
    while (this.#slots[this.lastId & this.#mask] !== undefined)
    this.#slots[this.lastId & this.#mask] = request
    request.id = this.lastId
    this.size++
  }

  find(id: number): T | undefined {
    const request = this.#slots[id & this.#mask]
    return request?.id === id ? request : undefined
  }

  remove({ id }: T): void {
    this.#slots[id & this.#mask] = undefined
    this.size--
  }

  /** All requests, by id. */
  list(): T[] {
    return this.#slots.filter((request) => request !== undefined).sort((a, b) => a.id - b.id)
  }
}

/** What happens to requests. */
export interface RequestEvents {
  /** The daemon refused a request because it is overloaded. */
  onOverload(request: PendingRequest, fault: SidelaneError): void
  /** There may be more free slots than before. */
  onFreeSlots(): void
}

/** The answer to a request, as it was read: `undefined` for an accepted outcome, which stays bytes. */
export type Answer = Rejected | SidelaneError | undefined

export class InFlightRequests {
  /** Requests that the daemon allows. */
  limit: number = defaultInFlight
  readonly #writer: WriteBatcher
  readonly #owner: RequestOwner
  readonly #bodies = new CopyPool()
  #table = new RequestTable<PendingRequest>(defaultInFlight)
  #window = new CongestionWindow(defaultInFlight)
  #retainedBytes = 0
  /** Requests whose calls wait for an answer. */
  waiting = 0
  /** The request whose answer is incomplete; 0: none. */
  #receivingId = 0

  /** `owner`: set on requests in flight, and notified when a call ends before its answer. */
  constructor(writer: WriteBatcher, owner: RequestOwner) {
    this.#writer = writer
    this.#owner = owner
  }

  get size(): number {
    return this.#table.size
  }

  /** Requests that can be sent now. */
  get freeSlots(): number {
    if (this.#retainedBytes > maxRetainedBytes) return 0
    return Math.max(0, this.#window.size - this.#table.size)
  }

  /** Sets what the daemon allows. Called before the first request. */
  setLimit(inFlight: number): void {
    this.limit = Math.min(maxInFlight, Math.max(1, inFlight))
    this.#table = new RequestTable(this.limit)
    this.#window = new CongestionWindow(this.limit)
  }

  /** Writes the request. The payload is copied. */
  send(request: PendingRequest, content: Content, contractIndex: number, now: number): void {
    const { call } = request
    const isText = typeof content === 'string'
    const maxLength = isText ? maxUtf8Bytes(content) : content.length
    const trace = call.traceparent === undefined ? undefined : traceFromText(call.traceparent)
    const prefixBytes = headerBytes + (trace?.length ?? 0)
    const block = this.#writer.reserve(prefixBytes + maxLength)
    const at = block.used
    const bodyAt = at + prefixBytes
    let length = maxLength
    if (trace !== undefined) block.bytes.set(trace, at + headerBytes)
    if (isText) length = block.bytes.write(content, bodyAt)
    else block.bytes.set(content, bodyAt)
    this.#table.add(request)
    writeFrameHeader(
      block.bytes,
      at,
      prefixBytes - headerBytes + length,
      kinds.request,
      (call.canonical ? flags.canonical : 0) | (trace === undefined ? 0 : flags.trace),
      contractIndex,
      request.id,
      call.expiresAt === Number.POSITIVE_INFINITY ? noDeadline : Math.max(1, Math.floor(call.expiresAt - now)),
      0,
    )
    block.live++
    this.#retainedBytes += length
    this.waiting++
    request.owner = this.#owner
    request.block = block
    request.offset = bodyAt
    request.length = length
    call.phase = 'running'
    call.begunAt = now
    this.#writer.add(block, prefixBytes + length)
  }

  /** The request that waits for the answer with this id. */
  find(id: number): PendingRequest | undefined {
    return this.#table.find(id)
  }

  /** The header of an answer has arrived. `skip`: the call is over. */
  beginAnswer(request: PendingRequest): 'take' | 'skip' {
    if (request.owner === this.#owner) {
      this.#receivingId = request.id
      return 'take'
    }
    this.#table.remove(request)
    return 'skip'
  }

  /** Whether the call of an answer that has arrived still waits; else the answer is dropped. */
  endAnswer(request: PendingRequest): boolean {
    // The call can end while its answer arrives.
    if (request.owner === this.#owner) return true
    this.#receivingId = 0
    this.#table.remove(request)
    return false
  }

  /** Ends the call with its answer, or passes the request to `onOverload`, its payload restored. */
  answer(request: PendingRequest, answer: Answer, payload: Uint8Array, events: RequestEvents): void {
    this.#receivingId = 0
    this.#table.remove(request)
    const isFault = answer !== undefined && !('ok' in answer)
    if (isFault && answer.code === 'overloaded') {
      this.#window.onOverload(request.id, this.#table.lastId)
      this.#takeBack(request)
      return events.onOverload(request, answer)
    }
    if (this.#window.size < this.limit) this.#window.onAnswer()
    this.abandon(request)
    if (answer === undefined) request.call.settleBytes(payload, 0, this.#bodies.copy)
    else if (isFault) request.call.fail(answer)
    else request.call.settle(answer)
  }

  /** The call is over. The id stays taken until the answer arrives. */
  abandon(request: PendingRequest): void {
    request.owner = undefined
    this.waiting--
    this.#retainedBytes -= request.length
    this.#writer.release(request.block as NonNullable<PendingRequest['block']>)
    request.block = undefined
  }

  /** The connection is closed: the requests whose calls still wait, their payloads restored. */
  takeBackAll(): PendingRequest[] {
    const requests = this.#table.list().filter((request) => request.owner === this.#owner)
    for (const request of requests) {
      // Part of the response was received, so the request is not retried.
      if (request.id === this.#receivingId) request.retried = true
      this.#takeBack(request)
    }
    return requests
  }

  #takeBack(request: PendingRequest): void {
    const { block, offset, length } = request
    request.content = Uint8Array.from(block?.bytes.subarray(offset, offset + length) ?? [])
    this.abandon(request)
  }
}

const maxUtf8Bytes = (text: string): number => (text.length > longText ? Buffer.byteLength(text) : 3 * text.length)
