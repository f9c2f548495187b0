// The first byte of a connection says which protocol it speaks. What is said in it is not here.

import type { Socket } from 'node:net'

/** Begins the preface of the framed protocol, and no HTTP method. */
const framedByte = 0xf5

/** Calls `open` with what has been read; the socket is paused then. A connection that says nothing in time is closed. */
export function sniff(socket: Socket, withinMs: number, open: (isFramed: boolean, first: Buffer) => void): void {
  const timer = setTimeout(() => socket.destroy(), withinMs)
  const ignore = (): void => {}
  const done = (): void => {
    clearTimeout(timer)
    socket.removeListener('data', read)
    socket.removeListener('end', end)
    socket.removeListener('close', done)
  }
  const read = (chunk: Buffer): void => {
    done()
    socket.pause()
    socket.removeListener('error', ignore)
    open(chunk[0] === framedByte, chunk)
  }
  const end = (): void => {
    socket.destroy()
  }
  socket.on('error', ignore)
  socket.once('data', read)
  socket.once('end', end)
  socket.once('close', done)
}
