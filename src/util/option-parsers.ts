// Parsers for option values, shared by the library's options, the command line, the daemon and the benchmark.

/** Reads one value; undefined means that it is not accepted. */
export interface OptionParser<T> {
  /** Completes the sentence "Expected `threads` to be …". */
  readonly expected: string
  /** Reads an argument or an environment variable. */
  readonly text: (text: string) => T | undefined
  /** Reads a JavaScript value, for example from a JSON file. */
  readonly value: (value: unknown) => T | undefined
}

/** A safe integer from `min` to `max`, both included; without `max` any safe integer from `min`. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): OptionParser<number> {
  const value = (given: unknown): number | undefined =>
    Number.isSafeInteger(given) && (given as number) >= min && (given as number) <= max ? (given as number) : undefined
  return {
    expected: max === Number.MAX_SAFE_INTEGER ? `an integer ≥ ${min}` : `an integer from ${min} to ${max}`,
    text: (text) => (/^\d{1,16}$/.test(text) ? value(Number(text)) : undefined),
    value,
  }
}

/** One of a fixed list of names. */
export function choice<const T extends string>(...names: readonly T[]): OptionParser<T> {
  const find = (given: unknown): T | undefined => names.find((name) => name === given)
  return { expected: `one of ${names.map((name) => `"${name}"`).join(', ')}`, text: find, value: find }
}
