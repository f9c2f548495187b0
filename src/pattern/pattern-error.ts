// The error of the pattern grammar.

/** A pattern outside the grammar. The message names the unsupported syntax and what to write instead. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
  /** Start of the unsupported syntax in the pattern's text, in UTF-16 code units. */
  readonly position: number

  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}
