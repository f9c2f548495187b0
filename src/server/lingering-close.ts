import type { Socket } from 'node:net'

/**
 * Ends the writing side and discards what still arrives, for at most `limitMs`: closing a socket with unread input resets the
 * connection, and the client could lose what was written last.
 */
export function lingeringClose(socket: Socket, limitMs: number): void {
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), limitMs)
  socket.once('close', () => clearTimeout(timer))
}
