// The request of node:http, whose body goes to a callback: a stream per request costs more than all routing does.

import { IncomingMessage } from 'node:http'

/** Of a request whose turn has not come. With more, node:http stops reading. */
const maxHeldBytes = 65_536

export interface BodySink {
  /** Takes over `bytes`. */
  piece(bytes: Buffer): void
  end(): void
}

export class HttpRequest extends IncomingMessage {
  #sink: BodySink | undefined
  #held: Buffer[] | undefined
  #heldBytes = 0

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
    return this.#heldBytes < maxHeldBytes
  }

  /** Called by node:http to read past a body; nothing is buffered here. */
  override resume(): this {
    return this
  }
}
