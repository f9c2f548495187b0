// The error that ends a measurement whose work was not equal.

/** A timed outcome had a different size than the verified one. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}
