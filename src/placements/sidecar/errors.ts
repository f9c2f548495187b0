// What the client says when the daemon is not there, or not what it should be. When it says so is not here.

import { SidelaneError, stackless } from '../../model/index.ts'

/** For a daemon that cannot be reached, or has gone. */
export const unavailable = (message: string, cause?: unknown): SidelaneError =>
  stackless('unavailable', { message, ...(cause !== undefined && { cause }) })

/** A connect that failed. Its backlog full, the daemon is there and has too much to do. */
export function connectFault(path: string, cause: NodeJS.ErrnoException | undefined): SidelaneError {
  if (cause === undefined) return unavailable(`The daemon at ${path} closes the connection before its HELLO.`)
  if (cause.code !== 'EAGAIN') return unavailable(`No daemon answers at ${path}: ${cause.message}`, cause)
  return stackless('overloaded', {
    message: `The daemon at ${path} accepts no connection now.`,
    cause,
    retryAfterMs: 5,
  })
}

/** A connection that broke. */
export const lostFault = (path: string, cause: Error | undefined): SidelaneError =>
  unavailable(`The connection to the daemon at ${path} was lost.`, cause)

export const versionFault = (path: string, version: number, own: number): SidelaneError =>
  new SidelaneError('unavailable', {
    message: `The daemon at ${path} speaks version ${version} of the protocol, and this client version ${own}.`,
    params: { have: version, want: own },
  })

/** The same fault for another call, whose error is its own; `retryAfterMs`: when it makes sense to try again. */
export const copyOf = (
  { code, message, params, cause, ...rest }: SidelaneError,
  retryAfterMs?: number,
): SidelaneError => {
  const afterMs = retryAfterMs === undefined ? rest.retryAfterMs : Math.max(1, Math.ceil(retryAfterMs))
  return stackless(code, {
    message,
    ...(params !== undefined && { params }),
    ...(cause !== undefined && { cause }),
    ...(afterMs !== undefined && { retryAfterMs: afterMs }),
  })
}
