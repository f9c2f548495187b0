/** The socket cannot be used. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}
