// The first byte of a connection tells its protocol. The protocols themselves are not here.

import type { Socket } from 'node:net'

/** The first byte of the framed protocol's preface. No HTTP method begins with it. */
const framedByte = 0xf5

/**
 * Calls `onProtocol` with the first bytes, the socket paused. Destroys a socket that sends nothing within `timeoutMs`.
 */
export function detectProtocol(
  socket: Socket,
  timeoutMs: number,
  onProtocol: (isFramed: boolean, first: Buffer) => void,
): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs)
  const ignoreError = (): void => {}
  const stop = (): void => {
    clearTimeout(timer)
    socket.removeListener('data', onData)
    socket.removeListener('end', onEnd)
    socket.removeListener('close', stop)
  }
  const onData = (chunk: Buffer): void => {
    stop()
    socket.pause()
    socket.removeListener('error', ignoreError)
    onProtocol(chunk[0] === framedByte, chunk)
  }
  const onEnd = (): void => void socket.destroy()
  socket.on('error', ignoreError)
  socket.once('data', onData)
  socket.once('end', onEnd)
  socket.once('close', stop)
}
