// Many small writes to one stream as few large ones, in order, with backpressure: who appends asks `full`, and then
// waits for `flush`. What is written is not here.

import type { Writable } from 'node:stream'

const blockBytes = 128 * 1024
/** Nobody waits longer for a line that is done. */
const lingerMs = 20

export class Sink {
  readonly #stream: Writable
  readonly #onFailure: (error: NodeJS.ErrnoException) => void
  readonly #spare: Buffer[] = []
  #block: Buffer = Buffer.allocUnsafeSlow(blockBytes)
  #used = 0
  /** Bytes that the stream has not taken yet. */
  #pending = 0
  #written: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #failed = false

  /** `onFailure` is told once, when the stream takes no more: a closed pipe, a full disk. */
  constructor(stream: Writable, onFailure: (error: NodeJS.ErrnoException) => void) {
    this.#stream = stream
    this.#onFailure = onFailure
    stream.on('error', this.#fail)
  }

  /** True when it is time to wait for `flush`. */
  get full(): boolean {
    return this.#used + this.#pending >= blockBytes / 2
  }

  text(text: string): void {
    // Three bytes a unit is the most that UTF-8 takes.
    if (3 * text.length > blockBytes) return this.bytes(Buffer.from(text, 'utf8'))
    if (3 * text.length > blockBytes - this.#used) this.#send()
    this.#grow(this.#block.write(text, this.#used, 'utf8'))
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length > blockBytes - this.#used) this.#send()
    if (bytes.length > blockBytes) return this.#write(bytes, () => undefined)
    this.#block.set(bytes, this.#used)
    this.#grow(bytes.length)
  }

  /** Resolves when the stream has taken all. A failure is told to `onFailure` alone. */
  flush(): Promise<void> {
    this.#send()
    return this.#written
  }

  /** `flush`, and the end of the stream where it is ours to end. */
  async close(ends: boolean): Promise<void> {
    await this.flush()
    if (ends && !this.#failed) await new Promise<void>((resolve) => this.#stream.once('close', resolve).end())
  }

  #grow(length: number): void {
    this.#used += length
    this.#timer ??= setTimeout(() => this.#send(), lingerMs)
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

  // For good: the stream may report again after we have lost interest.
  readonly #fail = (error: NodeJS.ErrnoException): void => {
    if (this.#failed) return
    this.#failed = true
    this.#onFailure(error)
  }
}
