// The error of the pattern grammar. What raises it is not here (parse.ts, atoms.ts).

/** A pattern outside the grammar. The message says what is refused and what to write instead. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
  /** Where the trouble starts in the pattern's text, in UTF-16 code units. */
  readonly position: number

  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}
