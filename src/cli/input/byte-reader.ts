// Reads a source of chunks by numbers of bytes.

/** At most `n` bytes at once; a source that ends early gives fewer. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next `n` bytes; fewer only at the end of the source. They stay unread. */
  async peek(n: number): Promise<Uint8Array> {
    while (this.#chunk.length < n) {
      const { done, value } = await this.#source.next()
      if (done === true) break
      this.#chunk = this.#chunk.length === 0 ? value : new Uint8Array(Buffer.concat([this.#chunk, value]))
    }
    return this.#chunk.subarray(0, n)
  }

  /** The next `n` bytes; fewer only at the end of the source. */
  async take(n: number): Promise<Uint8Array> {
    const bytes = await this.peek(n)
    this.#chunk = this.#chunk.subarray(bytes.length)
    return bytes
  }

  /** The next chunk of at most `n` bytes, with at least one; undefined at the end of the source. */
  async chunk(n: number = Infinity): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#source.next()
      if (done === true) return undefined
      this.#chunk = value
    }
    const bytes = this.#chunk.subarray(0, n)
    this.#chunk = this.#chunk.subarray(bytes.length)
    return bytes
  }

  /** The rest. Leaving the loop closes the source. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let bytes = await this.chunk(); bytes !== undefined; bytes = await this.chunk()) yield bytes
    } finally {
      await this.#source.return?.()
    }
  }
}
