// What goes out on a connection: frames are put together in the outbox's memory, and handed to the socket once a tick.
// What they say is connection.ts.

import type { Socket } from 'node:net'
import { headBytes, prefaceBytes, writeHead, writePreface } from '../../wire/index.ts'
import { Outbox, type Slab } from './write-buffer.ts'

/** What the system has not taken yet: more is kept where a deadline still finds it. */
const mostUnsentBytes = 1024 * 1024

export class Outlet {
  readonly #socket: Socket
  readonly #onRoom: () => void
  readonly #outbox = new Outbox()
  readonly #flushNow = (): void => this.#flush()
  #flushing = false
  #unsentBytes = 0

  /** `onRoom` is called when it is not full any more. */
  constructor(socket: Socket, onRoom: () => void) {
    this.#socket = socket
    this.#onRoom = onRoom
  }

  get full(): boolean {
    return this.#unsentBytes > mostUnsentBytes
  }

  /** A slab with room for so many bytes behind `used`. */
  reserve(bytes: number): Slab {
    return this.#outbox.reserve(bytes)
  }

  release(slab: Slab): void {
    this.#outbox.release(slab)
  }

  /** So many bytes stand behind `used`. They go out after this tick, microtasks and all: its calls have been gathered then. */
  add(slab: Slab, bytes: number): void {
    slab.used += bytes
    this.#unsentBytes += bytes
    if (this.#flushing) return
    this.#flushing = true
    process.nextTick(this.#flushNow)
  }

  preface(): void {
    const slab = this.reserve(prefaceBytes)
    writePreface(slab.bytes, slab.used)
    this.add(slab, prefaceBytes)
  }

  /** Any frame but a REQUEST. */
  control(kind: number, id: number, payload?: Uint8Array): void {
    const length = payload?.length ?? 0
    const slab = this.reserve(headBytes + length)
    writeHead(slab.bytes, slab.used, length, kind, 0, 0, id, 0, 0)
    if (payload !== undefined) slab.bytes.set(payload, slab.used + headBytes)
    this.add(slab, headBytes + length)
  }

  #flush(): void {
    this.#flushing = false
    const ranges = this.#outbox.takeAll()
    if (ranges.length > 1) this.#socket.cork()
    for (const { slab, from, to } of ranges) {
      this.#socket.write(slab.bytes.subarray(from, to), () => this.#sent(slab, to - from))
    }
    if (ranges.length > 1) this.#socket.uncork()
  }

  #sent(slab: Slab, bytes: number): void {
    const wasFull = this.full
    this.#unsentBytes -= bytes
    this.release(slab)
    if (wasFull) this.#onRoom()
  }
}
