// Builds a long text from short pieces. `a += b` keeps an object of 32 bytes for each piece until the text is read, which for
// a text of short tokens is many times the text.

const piecesInChunk = 4096

export class TextBuilder {
  readonly #chunks: string[] = []
  readonly #pieces: string[] = []

  append(piece: string): void {
    // A join is flat.
    if (this.#pieces.push(piece) === piecesInChunk) this.#flush()
  }

  toString(): string {
    this.#flush()
    return this.#chunks.length === 1 ? (this.#chunks[0] as string) : this.#chunks.join('')
  }

  #flush(): void {
    this.#chunks.push(this.#pieces.join(''))
    this.#pieces.length = 0
  }
}
