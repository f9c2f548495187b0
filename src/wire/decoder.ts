// Bytes of a connection, in whatever pieces they come, to frames. It holds no socket and no clock, and what a frame
// brings about is the sink's business. The rules that it judges by are WIRE.md's.

import { outcomeSize } from '../model/index.ts'
import { flags, headBytes, kinds, maxHelloBytes, maxPingBytes, traceBytes } from './constants.ts'
import { Head } from './frame-header.ts'

/** Where frames go. The `head` is one object, read into again for the next frame. */
export interface FrameSink {
  /** Longest payload of a REQUEST and of an answer, in bytes. Asked with each frame: HELLO may change them. */
  caps(): { readonly request: number; readonly answer: number }
  /**
   * The header is there and keeps the rules; nothing is allocated yet. `skip`: the body is read past, and not given.
   */
  open(head: Head): 'take' | 'skip'
  /**
   * The frame is there. The payload is a view, valid during the call; with `own` it is memory of its own, gathered from
   * several chunks, and may be kept.
   */
  frame(head: Head, payload: Uint8Array, own: boolean): void
  /** A REQUEST longer than the cap, up to twice as long: its body is read past. Comes in the place of `open`. */
  oversize(head: Head): void
  /** The peer broke a rule, in words for its eyes. Nothing more is delivered. */
  violation(message: string): void
}

const nothing = new Uint8Array(0)

/**
 * Reads frames, after the preface. A frame that lies whole in a chunk is given without a copy; one that crosses chunks
 * is gathered in memory that is allocated after `open` has said `take`.
 */
export class FrameDecoder {
  readonly #side: 'server' | 'client'
  readonly #sink: FrameSink
  readonly #head = new Head()
  /** A header that crosses chunks. */
  readonly #part = new Uint8Array(headBytes)
  #partBytes = 0
  /** A body that crosses chunks, and how much of it is there. */
  #body: Uint8Array | undefined
  #bodyBytes = 0
  #skipBytes = 0
  #lastId = 0
  #stopped = false

  /** `side`: who reads. A server takes the frames of clients. */
  constructor(side: 'server' | 'client', sink: FrameSink) {
    this.#side = side
    this.#sink = sink
  }

  /** True when a frame has begun and is not complete. */
  get midFrame(): boolean {
    return this.#partBytes > 0 || this.#body !== undefined || this.#skipBytes > 0
  }

  /** Delivers nothing more. */
  stop(): void {
    this.#stopped = true
    this.#body = undefined
    this.#partBytes = this.#skipBytes = 0
  }

  /** The next bytes of the connection; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    let at = 0
    if (this.#partBytes > 0) at = this.#finishHead(chunk)
    while (at < chunk.length && !this.#stopped) {
      if (this.#skipBytes > 0) {
        const size = Math.min(this.#skipBytes, chunk.length - at)
        this.#skipBytes -= size
        at += size
      } else if (this.#body !== undefined) {
        at += this.#gather(this.#body, chunk, at)
      } else if (chunk.length - at < headBytes) {
        this.#part.set(at === 0 ? chunk : chunk.subarray(at))
        this.#partBytes = chunk.length - at
        return
      } else {
        this.#head.read(chunk, at)
        at = this.#begin(chunk, at + headBytes)
      }
    }
  }

  /** Completes a header that began in an earlier chunk; returns where its body begins. */
  #finishHead(chunk: Uint8Array): number {
    const size = Math.min(headBytes - this.#partBytes, chunk.length)
    this.#part.set(chunk.subarray(0, size), this.#partBytes)
    this.#partBytes += size
    if (this.#partBytes < headBytes) return size
    this.#partBytes = 0
    this.#head.read(this.#part, 0)
    return this.#begin(chunk, size)
  }

  /** Judges the header and delivers the frame when it is whole; returns where to go on. */
  #begin(chunk: Uint8Array, at: number): number {
    const head = this.#head
    const { length } = head
    const wrong = this.#side === 'server' ? this.#judgeClient(head) : this.#judgeServer(head)
    if (wrong !== undefined) return this.#violate(wrong, chunk)
    const isOversize = head.kind === kinds.request && length > this.#sink.caps().request
    if (isOversize) this.#sink.oversize(head)
    if (isOversize || this.#sink.open(head) === 'skip') {
      this.#skipBytes = this.#stopped ? 0 : length
      return at
    }
    if (this.#stopped) return at
    if (length <= chunk.length - at) {
      this.#deliver(length === 0 ? nothing : chunk.subarray(at, at + length), false)
      return at + length
    }
    this.#body = new Uint8Array(length)
    this.#bodyBytes = 0
    return at
  }

  /** Returns how many bytes it took. */
  #gather(body: Uint8Array, chunk: Uint8Array, at: number): number {
    const size = Math.min(body.length - this.#bodyBytes, chunk.length - at)
    body.set(at === 0 && size === chunk.length ? chunk : chunk.subarray(at, at + size), this.#bodyBytes)
    this.#bodyBytes += size
    if (this.#bodyBytes === body.length) {
      this.#body = undefined
      this.#deliver(body, true)
    }
    return size
  }

  #deliver(payload: Uint8Array, own: boolean): void {
    const { kind } = this.#head
    const isAnswer = kind >= kinds.accepted && kind <= kinds.error
    if (isAnswer && !isOutcomeOf(kind, payload))
      this.#violate('an answer is not an outcome of its kind and size', payload)
    else this.#sink.frame(this.#head, payload, own)
  }

  #violate(message: string, chunk: Uint8Array): number {
    this.stop()
    this.#sink.violation(message)
    return chunk.length
  }

  /** What is wrong with a client's header. */
  #judgeClient(head: Head): string | undefined {
    const { kind, length, id } = head
    if (kind !== kinds.request) return judgeCommon(head) ?? (isClientKind(kind) ? undefined : unknownKind(kind))
    if (head.flags > (flags.trace | flags.canonical)) return unknownFlags(head)
    if (id <= this.#lastId)
      return id === 0 ? 'a REQUEST has id 0' : 'a REQUEST has an id that is not greater than all before'
    if (id > Number.MAX_SAFE_INTEGER) return hugeId
    if (head.flags & flags.trace && length < traceBytes) return 'a REQUEST is shorter than its trace context'
    const cap = this.#sink.caps().request
    if (length > 2 * cap) return `a REQUEST has ${length} bytes, more than twice the cap of ${cap}`
    this.#lastId = id
    return undefined
  }

  /** What is wrong with a server's header. */
  #judgeServer(head: Head): string | undefined {
    const { kind, length } = head
    if (kind < kinds.accepted || kind > kinds.error) {
      return judgeCommon(head) ?? (isServerKind(kind) ? undefined : unknownKind(kind))
    }
    if (head.flags !== 0) return unknownFlags(head)
    if (head.id > Number.MAX_SAFE_INTEGER) return hugeId
    if (head.id === 0 && kind !== kinds.error) return 'an answer has id 0'
    const cap = this.#sink.caps().answer
    return length > cap ? `an answer has ${length} bytes, more than the cap of ${cap}` : undefined
  }
}

/** What holds for all kinds but REQUESTs and answers. */
function judgeCommon({ kind, flags: bits, length, id }: Head): string | undefined {
  if (bits !== 0) return unknownFlags({ kind, flags: bits })
  if (id > Number.MAX_SAFE_INTEGER) return hugeId
  if (kind === kinds.hello && length > maxHelloBytes) return `a HELLO has ${length} bytes, more than ${maxHelloBytes}`
  if ((kind === kinds.cancel || kind === kinds.goaway) && length > 0) return 'a CANCEL or GOAWAY has a payload'
  if ((kind === kinds.ping || kind === kinds.pong) && length > maxPingBytes) {
    return `a PING or PONG has ${length} bytes, more than ${maxPingBytes}`
  }
  return undefined
}

const isClientKind = (kind: number): boolean =>
  kind === kinds.hello || kind === kinds.cancel || kind === kinds.ping || kind === kinds.pong
const isServerKind = (kind: number): boolean =>
  kind === kinds.hello || kind === kinds.ping || kind === kinds.pong || kind === kinds.goaway

const unknownKind = (kind: number): string => `kind ${kind} is unknown, or the other side's`
const unknownFlags = ({ kind, flags: bits }: Pick<Head, 'kind' | 'flags'>): string =>
  `flags ${bits} are unknown for kind ${kind}`
const hugeId = 'an id is beyond 2^53 - 1'

/** True when the payload of an answer is an outcome of the header's kind, whole and nothing more. */
export const isOutcomeOf = (kind: number, payload: Uint8Array): boolean =>
  // The kinds of outcomes are 1, 2 and 3, in the order of those of answers.
  payload[0] === kind - kinds.accepted + 1 && outcomeSize(payload, 0) === payload.length
