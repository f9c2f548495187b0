// The request of node:http, whose body goes to a callback: a stream per request costs more than all routing does.

import { IncomingMessage } from 'node:http'

/** Bounds of the backlog of a connection. */
const maxWaiting = 32
const maxHeldBytes = 65_536

/** The requests of one connection whose turn has not come. */
export class Backlog {
  count = 0
  /** Of their bodies. */
  bytes = 0

  /**
   * The socket is not read. It is paused once, when this becomes true: node:http resumes it with each request that is complete, and
   * a stream that is paused again before its event 'resume' reads on.
   */
  get isFull(): boolean {
    return this.count >= maxWaiting || this.bytes >= maxHeldBytes
  }
}

export interface BodySink {
  /** Takes over `bytes`. */
  piece(bytes: Buffer): void
  end(): void
}

export class HttpRequest extends IncomingMessage {
  #sink: BodySink | undefined
  #held: Buffer[] | undefined
  #heldBytes = 0
  /** The backlog this request waits in. */
  #backlog: Backlog | undefined

  /** Called before a part of its body is read. */
  enter(backlog: Backlog): void {
    this.#backlog = backlog
    backlog.count++
  }

  /** Its turn has come. */
  leaveBacklog(): void {
    if (this.#backlog === undefined) return
    this.#backlog.count--
    this.#backlog.bytes -= this.#heldBytes
    this.#backlog = undefined
  }

  /** Sends the body to `sink`, beginning with what has arrived. */
  readBody(sink: BodySink): void {
    this.#sink = sink
    for (const piece of this.#held ?? []) sink.piece(piece)
    this.#held = undefined
    if (this.complete) sink.end()
    else if (this.#heldBytes >= maxHeldBytes) this.socket.resume()
  }

  /** Called by node:http; false: it stops reading the socket. */
  override push(piece: Buffer | null): boolean {
    if (this.#sink !== undefined) {
      if (piece === null) this.#sink.end()
      else this.#sink.piece(piece)
      return true
    }
    if (piece === null) return true
    this.#held ??= []
    this.#held.push(piece)
    this.#heldBytes += piece.length
    const backlog = this.#backlog
    if (backlog === undefined) return this.#heldBytes < maxHeldBytes
    const wasFull = backlog.isFull
    backlog.bytes += piece.length
    return wasFull || !backlog.isFull
  }

  /** Called by node:http to read past a body; nothing is buffered here. */
  override resume(): this {
    return this
  }
}
