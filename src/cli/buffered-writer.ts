// Combines many small writes to one stream into few large ones, in order and with backpressure: after appending, a
// caller awaits `flush` when `full` is true.

import type { Writable } from 'node:stream'

const blockBytes = 128 * 1024
/** A partly filled block is written after this time. */
const maxDelayMs = 20

export class BufferedWriter {
  readonly #stream: Writable
  readonly #onFailure: (error: NodeJS.ErrnoException) => void
  readonly #spare: Buffer[] = []
  #block: Buffer = Buffer.allocUnsafeSlow(blockBytes)
  #used = 0
  /** Bytes handed to the stream and not yet written by it. */
  #pending = 0
  #written: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #failed = false

  /** `onFailure` is called once, with the first error of the stream: a closed pipe, a full disk. */
  constructor(stream: Writable, onFailure: (error: NodeJS.ErrnoException) => void) {
    this.#stream = stream
    this.#onFailure = onFailure
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
    if (bytes.length > blockBytes) return this.#write(bytes, () => undefined)
    this.#block.set(bytes, this.#used)
    this.#grow(bytes.length)
  }

  /** Resolves when the stream has written everything. Never rejects: errors go to `onFailure`. */
  flush(): Promise<void> {
    this.#send()
    return this.#written
  }

  /** Flushes; with `endStream` also ends the stream and waits until it is closed. */
  async close(endStream: boolean): Promise<void> {
    await this.flush()
    if (endStream && !this.#failed) await new Promise<void>((resolve) => this.#stream.once('close', resolve).end())
  }

  #grow(length: number): void {
    this.#used += length
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
    const written = new Promise<void>((resolve) => {
      this.#stream.write(bytes, (error) => {
        this.#pending -= bytes.length
        if (error) this.#fail(error)
        done()
        resolve()
      })
    })
    this.#written = written
  }

  // A stream may report several errors; only the first is passed on.
  readonly #fail = (error: NodeJS.ErrnoException): void => {
    if (this.#failed) return
    this.#failed = true
    this.#onFailure(error)
  }
}
