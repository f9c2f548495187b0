// Combines many small writes to one stream into few large ones, in order and with backpressure: after appending, a
// caller awaits `flush` when `full` is true.

import type { Writable } from 'node:stream'

const blockBytes = 128 * 1024
/** A partly filled block is written after this time. */
const maxDelayMs = 20

export interface BufferedWriterOptions {
  /** `close` ends the stream. */
  readonly isOwned: boolean
  /** Called once, with the first error of the stream: a closed pipe, a full disk. */
  readonly onFailure: (error: NodeJS.ErrnoException) => void
  /** Called with the number of bytes that the stream has taken so far. */
  readonly onWritten?: (bytes: number) => void
}

export class BufferedWriter {
  /** Bytes appended so far. */
  appended = 0
  readonly #stream: Writable
  readonly #options: BufferedWriterOptions
  readonly #spare: Buffer[] = []
  #block: Buffer = Buffer.allocUnsafeSlow(blockBytes)
  #used = 0
  /** Bytes handed to the stream and not yet written by it. */
  #pending = 0
  /** Bytes that the stream has written. */
  #taken = 0
  #written: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #failed = false

  constructor(stream: Writable, options: BufferedWriterOptions) {
    this.#stream = stream
    this.#options = options
    stream.on('error', this.#fail)
  }

  /** True when the caller should await `flush` before it appends more. */
  get full(): boolean {
    return this.#used + this.#pending >= blockBytes / 2
  }

  writeText(text: string): void {
    // UTF-8 takes at most three bytes for a UTF-16 code unit.
    if (3 * text.length > blockBytes) return this.writeBytes(Buffer.from(text, 'utf8'))
    if (3 * text.length > blockBytes - this.#used) this.#send()
    this.#grow(this.#block.write(text, this.#used, 'utf8'))
  }

  writeBytes(bytes: Uint8Array): void {
    if (bytes.length > blockBytes - this.#used) this.#send()
    if (bytes.length > blockBytes) {
      this.appended += bytes.length
      return this.#write(bytes, () => undefined)
    }
    this.#block.set(bytes, this.#used)
    this.#grow(bytes.length)
  }

  /** Resolves when the stream has written everything. Never rejects: errors go to `onFailure`. */
  flush(): Promise<void> {
    this.#send()
    return this.#written
  }

  /** Flushes, and ends the stream if it is owned. */
  async close(): Promise<void> {
    await this.flush()
    if (this.#options.isOwned && !this.#failed)
      await new Promise<void>((resolve) => this.#stream.once('close', resolve).end())
  }

  #grow(length: number): void {
    this.#used += length
    this.appended += length
    this.#timer ??= setTimeout(() => this.#send(), maxDelayMs)
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#used === 0) return
    const block = this.#block
    const length = this.#used
    this.#block = this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
    this.#used = 0
    this.#write(block.subarray(0, length), () => this.#spare.push(block))
  }

  #write(bytes: Uint8Array, done: () => void): void {
    if (this.#failed) return
    this.#pending += bytes.length
    this.#written = new Promise<void>((resolve) => {
      this.#stream.write(bytes, (error) => {
        this.#pending -= bytes.length
        if (error) this.#fail(error)
        else this.#options.onWritten?.((this.#taken += bytes.length))
        done()
        resolve()
      })
    })
  }

  // A stream may report several errors; only the first is passed on.
  readonly #fail = (error: NodeJS.ErrnoException): void => {
    if (this.#failed) return
    this.#failed = true
    this.#options.onFailure(error)
  }
}
