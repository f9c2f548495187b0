// Requests out of a stream of bytes, sans I/O: one at a time, however the bytes are cut. What a request is answered, and
// when the next one may be read, is the sink's to say.

import { ChunkDecoder } from './chunks.ts'
import { HttpFault, malformed } from './http-error.ts'
import { HeadScanner, readHead, type RequestHead } from './request-head.ts'

export interface RequestSink {
  head(head: RequestHead): void
  /** A view, valid during the call only. */
  piece(bytes: Uint8Array): void
  /** The request is there. Nothing more is read until `next()`. */
  end(): void
  /** Nothing more is read at all. */
  fault(fault: HttpFault): void
}

/** What is read: `idle` nothing of a request yet, `held` whole ones are not looked at. */
export type Reading = 'idle' | 'head' | 'body' | 'held' | 'over'

const nothing = new Uint8Array()

export class RequestDecoder {
  readonly #sink: RequestSink
  #rest: Uint8Array = nothing
  #scanner = new HeadScanner()
  #chunks: ChunkDecoder | undefined
  /** Bytes of the body that are still to come. */
  #left = 0
  #reading: Reading = 'idle'
  #busy = false

  constructor(sink: RequestSink) {
    this.#sink = sink
  }

  get reading(): Reading {
    return this.#reading
  }

  /** Bytes that wait behind the request in hand. */
  get heldBytes(): number {
    return this.#rest.length
  }

  /** `bytes` may be overwritten afterwards. */
  push(bytes: Uint8Array): void {
    if (this.#reading === 'over' || bytes.length === 0) return
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    this.#run()
    // What is left was the caller's. Not by slice: that of a Buffer is no copy.
    if (this.#rest.length > 0 && this.#rest.buffer === bytes.buffer) this.#rest = Uint8Array.from(this.#rest)
  }

  /** The request in hand has its answer: reads the next one. */
  next(): void {
    if (this.#reading !== 'held') return
    this.#reading = 'idle'
    this.#run()
  }

  /** The other side has ended. */
  finish(): void {
    if (this.#reading === 'head' || this.#reading === 'body') this.#fail(malformed('The request ends early.'))
  }

  /** Nothing more is read. */
  stop(): void {
    this.#reading = 'over'
    this.#rest = nothing
  }

  #run(): void {
    // A sink that asks for the next request in the midst of one is heard when that one is done.
    if (this.#busy) return
    this.#busy = true
    while (this.#rest.length > 0 && this.#step());
    this.#busy = false
  }

  /** False: more bytes are needed, or none. */
  #step(): boolean {
    if (this.#reading === 'held' || this.#reading === 'over') return false
    if (this.#reading !== 'body') return this.#readHead()
    return this.#chunks === undefined ? this.#readBody() : this.#readChunks(this.#chunks)
  }

  #readHead(): boolean {
    this.#reading = 'head'
    const size = this.#scanner.scan(this.#rest)
    if (size === undefined) return false
    if (size instanceof HttpFault) return this.#fail(size)
    this.#scanner = new HeadScanner()
    const text = this.#take(size)
    const head = readHead(Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1'))
    if (head instanceof HttpFault) return this.#fail(head)
    this.#reading = 'body'
    this.#chunks = head.length === 'chunked' ? new ChunkDecoder() : undefined
    this.#left = head.length === 'chunked' ? 0 : head.length
    this.#sink.head(head)
    if (this.#chunks === undefined && this.#left === 0) this.#end()
    return true
  }

  #readBody(): boolean {
    const piece = this.#take(Math.min(this.#left, this.#rest.length))
    this.#left -= piece.length
    this.#sink.piece(piece)
    if (this.#left === 0) this.#end()
    return true
  }

  #readChunks(chunks: ChunkDecoder): boolean {
    const bytes = this.#rest
    const verdict = chunks.push(bytes, (piece) => this.#sink.piece(piece))
    if (verdict instanceof HttpFault) return this.#fail(verdict)
    this.#rest = verdict === 'more' ? nothing : bytes.subarray(chunks.end)
    if (verdict === 'done') this.#end()
    return true
  }

  #take(size: number): Uint8Array {
    const bytes = this.#rest.subarray(0, size)
    this.#rest = this.#rest.length === size ? nothing : this.#rest.subarray(size)
    return bytes
  }

  #end(): void {
    // The sink may have stopped it.
    if (this.#reading !== 'body') return
    this.#reading = 'held'
    this.#sink.end()
  }

  #fail(fault: HttpFault): false {
    if (this.#reading === 'over') return false
    this.stop()
    this.#sink.fault(fault)
    return false
  }
}
