// Frames: writes them, and decodes the bytes of a connection, in chunks of any size, into frames by the rules of WIRE.md.
// It has no socket and no clock.

import { clientViolations, serverViolations, violations, type ViolationReason } from '../tables/wire-violations.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { readU16, readU32, writeU16, writeU32 } from '../util/byte-codec.ts'
import type { WriteBatcher } from '../util/write-batcher.ts'
import { errorTable, isDataCode, outcomeCode, outcomeKind, outcomeSize } from '../model/index.ts'
import { flags, headerBytes, kinds, maxHelloBytes, maxPingBytes, traceBytes } from './constants.ts'

const nothing = new Uint8Array(0)
const highId = 2 ** 32

/** Writes a header. `id` is a safe integer; `a` and `b` are as in WIRE.md. */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  length: number,
  kind: number,
  flags: number,
  index: number,
  id: number,
  a: number,
  b: number,
): void {
  writeU32(target, offset, length)
  target[offset + 4] = kind
  target[offset + 5] = flags
  writeU16(target, offset + 6, index)
  writeU32(target, offset + 8, id >>> 0)
  writeU32(target, offset + 12, id < highId ? 0 : Math.floor(id / highId))
  writeU32(target, offset + 16, a)
  writeU32(target, offset + 20, b)
}

/**
 * Writes the header of a response at `offset`, for the outcome of `size` bytes at `offset + headerBytes`, with its kind and code. Times
 * are in µs.
 */
export function writeResponseHeader(
  target: Uint8Array,
  offset: number,
  size: number,
  id: number,
  queueUs: number,
  runUs: number,
): void {
  const code = outcomeCode(target, offset + headerBytes)
  const kind = code === undefined ? kinds.accepted : isDataCode(code) ? kinds.rejected : kinds.error
  writeFrameHeader(target, offset, size, kind, 0, code === undefined ? 0 : errorTable[code].wire, id, queueUs, runUs)
}

/** Adds a frame that both sides send. */
export function addControlFrame(writer: WriteBatcher, kind: number, id: number, payload: Uint8Array = nothing): void {
  const block = writer.reserve(headerBytes + payload.length)
  writeFrameHeader(block.bytes, block.used, payload.length, kind, 0, 0, id, 0, 0)
  block.bytes.set(payload, block.used + headerBytes)
  writer.add(block, headerBytes + payload.length)
}

/** A header as numbers; one object is reused for many frames. */
export class FrameHeader {
  /** Length of the payload in bytes. */
  length = 0
  kind = 0
  flags = 0
  /** REQUEST: the contract's index. REJECTED, ERROR: the code's number. */
  index = 0
  /** Not exact beyond `Number.MAX_SAFE_INTEGER`, which the decoder rejects. */
  id = 0
  /** REQUEST: remaining time in ms. Responses: time in the queue in µs. */
  a = 0
  /** Responses: run time in µs. */
  b = 0

  read(bytes: Uint8Array, offset: number): void {
    this.length = readU32(bytes, offset)
    this.kind = bytes[offset + 4] as number
    this.flags = bytes[offset + 5] as number
    this.index = readU16(bytes, offset + 6)
    const high = readU32(bytes, offset + 12)
    const low = readU32(bytes, offset + 8)
    this.id = high === 0 ? low : high * highId + low
    this.a = readU32(bytes, offset + 16)
    this.b = readU32(bytes, offset + 20)
  }
}

/** Receives frames. `header` is one object that is reused for the next frame. */
export interface FrameSink {
  /** Longest payload of a REQUEST and of an answer, in bytes. Read for each frame, because HELLO may change them. */
  readonly caps: { readonly request: number; readonly answer: number }
  /** A valid header arrived; nothing is allocated yet. `skip`: the body is discarded. */
  open(header: FrameHeader): 'take' | 'skip'
  /**
   * A whole frame arrived. The payload is a view, valid during the call; with `own` it is a copy assembled from several
   * chunks, which the sink may keep.
   */
  frame(header: FrameHeader, payload: Uint8Array, own: boolean): void
  /** A REQUEST longer than the cap, up to twice as long: its body is discarded. Called instead of `open`. */
  oversize(header: FrameHeader): void
  /** The peer violated the protocol; the message is for the peer, the reason for a client. Nothing more is delivered. */
  violation(message: string, reason: ViolationReason): void
}

/**
 * Reads frames, after the preface. A frame inside one chunk is delivered without a copy; one that crosses chunks is
 * assembled in memory that is allocated after `open` has returned `take`.
 */
export class FrameDecoder {
  readonly #side: 'server' | 'client'
  readonly #sink: FrameSink
  readonly #header = new FrameHeader()
  /** A header that crosses chunks. */
  readonly #part = new Uint8Array(headerBytes)
  #partBytes = 0
  /** A body that crosses chunks, and how many bytes of it have arrived. */
  #body: Uint8Array | undefined
  #bodyBytes = 0
  #skipBytes = 0
  #lastId = 0
  #stopped = false

  /** `side`: the reader. A server reads the frames of clients. */
  constructor(side: 'server' | 'client', sink: FrameSink) {
    this.#side = side
    this.#sink = sink
  }

  /** True while a frame is incomplete. */
  get midFrame(): boolean {
    return this.#partBytes > 0 || this.#body !== undefined || this.#skipBytes > 0
  }

  /** Delivers nothing more. */
  stop(): void {
    this.#stopped = true
    this.#body = undefined
    this.#partBytes = this.#skipBytes = 0
  }

  /** Decodes the next bytes of the connection; `chunk` is not retained. */
  push(chunk: Uint8Array): void {
    let at = 0
    if (this.#partBytes > 0) at = this.#finishHeader(chunk)
    while (at < chunk.length && !this.#stopped) {
      if (this.#skipBytes > 0) {
        const size = Math.min(this.#skipBytes, chunk.length - at)
        this.#skipBytes -= size
        at += size
      } else if (this.#body !== undefined) {
        at += this.#gather(this.#body, chunk, at)
      } else if (chunk.length - at < headerBytes) {
        this.#part.set(at === 0 ? chunk : chunk.subarray(at))
        this.#partBytes = chunk.length - at
        return
      } else {
        this.#header.read(chunk, at)
        at = this.#begin(chunk, at + headerBytes)
      }
    }
  }

  /** Completes a header of an earlier chunk; returns the offset of its body. */
  #finishHeader(chunk: Uint8Array): number {
    const size = Math.min(headerBytes - this.#partBytes, chunk.length)
    this.#part.set(chunk.subarray(0, size), this.#partBytes)
    this.#partBytes += size
    if (this.#partBytes < headerBytes) return size
    this.#partBytes = 0
    this.#header.read(this.#part, 0)
    return this.#begin(chunk, size)
  }

  /** Checks the header, and delivers the frame if it is complete; returns the offset to continue at. */
  #begin(chunk: Uint8Array, at: number): number {
    const header = this.#header
    const { length } = header
    const wrong = this.#side === 'server' ? this.#checkClient(header) : this.#checkServer(header)
    if (wrong !== undefined) {
      this.#violate(...(typeof wrong === 'string' ? ([wrong, 'violation.frame'] as const) : wrong))
      return chunk.length
    }
    const isOversize = header.kind === kinds.request && length > this.#sink.caps.request
    if (isOversize) this.#sink.oversize(header)
    if (isOversize || this.#sink.open(header) === 'skip') {
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

  /** Returns the number of consumed bytes. */
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
    const { kind } = this.#header
    const isResponse = kind >= kinds.accepted && kind <= kinds.error
    if (isResponse && !isOutcomeOf(kind, payload)) this.#violate(...wrongAnswer('outcome'))
    else this.#sink.frame(this.#header, payload, own)
  }

  #violate(message: string, reason: ViolationReason): void {
    this.stop()
    this.#sink.violation(message, reason)
  }

  /** The violation of a client's header, if any. */
  #checkClient(header: FrameHeader): string | undefined {
    const { kind, length, id } = header
    if (kind !== kinds.request) return isClientKind(kind) ? checkControl(header) : unknownKind(kind)
    if (header.flags > (flags.trace | flags.canonical)) return unknownFlags(header)
    if (id <= this.#lastId) return id === 0 ? clientViolations.zeroId : clientViolations.oldId
    if (id > Number.MAX_SAFE_INTEGER) return violations.hugeId
    if (header.flags & flags.trace && length < traceBytes) return clientViolations.noTrace
    const cap = this.#sink.caps.request
    if (length > 2 * cap) return fillTemplate(clientViolations.longRequest, { length, cap })
    this.#lastId = id
    return undefined
  }

  /** The violation of a server's header, if any; a text alone has the reason `violation.frame`. */
  #checkServer(header: FrameHeader): string | WrongAnswer | undefined {
    const { kind, length } = header
    if (kind < kinds.accepted || kind > kinds.error) {
      return isServerKind(kind) ? checkControl(header) : unknownKind(kind)
    }
    if (header.flags !== 0) return unknownFlags(header)
    if (header.id > Number.MAX_SAFE_INTEGER) return violations.hugeId
    if (header.id === 0 && kind !== kinds.error) return wrongAnswer('zeroId')
    const cap = this.#sink.caps.answer
    return length > cap ? wrongAnswer('longAnswer', { length, cap }) : undefined
  }
}

/** Text and reason of a violation by a server. */
export type WrongAnswer = readonly [text: string, reason: ViolationReason]

export function wrongAnswer(
  violation: keyof typeof serverViolations,
  values: Readonly<Record<string, string | number>> = {},
): WrongAnswer {
  const [reason, template] = serverViolations[violation]
  return [fillTemplate<string>(template, values), reason]
}

/** Checks of all kinds but REQUESTs and responses. */
function checkControl({ kind, flags: bits, length, id }: FrameHeader): string | undefined {
  if (bits !== 0) return unknownFlags({ kind, flags: bits })
  if (id > Number.MAX_SAFE_INTEGER) return violations.hugeId
  if (kind === kinds.hello && length > maxHelloBytes) {
    return fillTemplate(violations.longHello, { length, cap: maxHelloBytes })
  }
  if ((kind === kinds.cancel || kind === kinds.goaway) && length > 0) return violations.payload
  if ((kind === kinds.ping || kind === kinds.pong) && length > maxPingBytes) {
    return fillTemplate(violations.longPing, { length, cap: maxPingBytes })
  }
  return undefined
}

const isClientKind = (kind: number): boolean =>
  kind === kinds.hello || kind === kinds.cancel || kind === kinds.ping || kind === kinds.pong
const isServerKind = (kind: number): boolean =>
  kind === kinds.hello || kind === kinds.ping || kind === kinds.pong || kind === kinds.goaway

const unknownKind = (kind: number): string => fillTemplate(violations.kind, { kind })
const unknownFlags = ({ kind, flags: bits }: Pick<FrameHeader, 'kind' | 'flags'>): string =>
  fillTemplate(violations.flags, { flags: bits, kind })

const kindOfOutcome = { accepted: kinds.accepted, rejected: kinds.rejected, fault: kinds.error } as const

/** True when the payload of a response is exactly one outcome of the header's kind. */
export function isOutcomeOf(kind: number, payload: Uint8Array): boolean {
  const outcome = outcomeKind(payload, 0)
  return outcome !== undefined && kindOfOutcome[outcome] === kind && outcomeSize(payload, 0) === payload.length
}
