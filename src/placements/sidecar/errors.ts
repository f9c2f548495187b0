// The errors of a client whose daemon cannot be reached, or is not a sidelane daemon.

import { SidelaneError, stackless, type DaemonAddress } from '../../model/index.ts'
import { ownUid } from '../../util/socket-path.ts'
import { reasonOf } from '../../util/tls-connector.ts'
import type { UnavailableReason } from '../../wire/index.ts'

/** `reason`: stable, for programs. */
export const unavailable = (reason: UnavailableReason, message: string, cause?: unknown): SidelaneError =>
  stackless('unavailable', { message, params: { reason }, cause })

/** A failed connect. EAGAIN: the daemon's backlog is full, so it is overloaded. */
export function connectFault(
  { kind, text: path }: DaemonAddress,
  cause: NodeJS.ErrnoException | undefined,
): SidelaneError {
  if (cause === undefined) {
    const hint = kind === 'tls' ? ' Its metric sidelane_tls_refused_total says why it refuses clients.' : ''
    return unavailable('lost', `The daemon at ${path} closed the connection before its HELLO.${hint}`)
  }
  // What the system does not report comes from TLS.
  if (kind === 'tls' && cause.syscall === undefined && cause.code !== 'ECONNRESET') {
    return unavailable('tls', `TLS with the daemon at ${path} fails: ${reasonOf(cause)}`, cause)
  }
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    const message = `The mode of ${path}, or of a directory on the way, does not let uid ${ownUid()} connect.`
    return unavailable('forbidden', message, cause)
  }
  if (cause.code !== 'EAGAIN') return unavailable('connect', `No daemon answers at ${path}: ${cause.message}`, cause)
  return stackless('overloaded', {
    message: `The daemon at ${path} accepts no more connections now.`,
    cause,
    retryAfterMs: 5,
  })
}

export const lostFault = (path: string, cause: Error | undefined): SidelaneError =>
  unavailable('lost', `The connection to the daemon at ${path} was lost.`, cause)

export const versionFault = (path: string, version: number, own: number): SidelaneError =>
  new SidelaneError('unavailable', {
    message: `The daemon at ${path} uses version ${version} of the protocol, and this client version ${own}.`,
    params: { reason: 'version' satisfies UnavailableReason, have: version, want: own },
  })

/** A copy of the error for one call, with `retryAfterMs` replaced if given. */
export const copyOf = (
  { code, message, params, cause, ...rest }: SidelaneError,
  retryAfterMs?: number,
): SidelaneError => {
  const afterMs = retryAfterMs === undefined ? rest.retryAfterMs : Math.max(1, Math.ceil(retryAfterMs))
  return stackless(code, {
    message,
    params,
    cause,
    retryAfterMs: afterMs,
  })
}
