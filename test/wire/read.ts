// Decodes the bytes of a vector in pieces, and returns what the sink receives.
import { FrameDecoder, type FrameSink, type FrameHeader } from '../../src/wire/index.ts'
import { toHex, type SeenFrame } from './vectors.ts'

export interface Seen {
  readonly frames: readonly SeenFrame[]
  readonly violation: string | undefined
}

export interface Reader {
  readonly side: 'server' | 'client'
  readonly requestCap: number
  readonly answerCap: number
}

export const seen = (head: FrameHeader, payload: Uint8Array | undefined): SeenFrame => {
  const { kind, flags, index, id, a, b } = head
  const frame = { kind, flags, index, id, a, b, payload: payload ? toHex(payload) : '' }
  return payload ? frame : { ...frame, oversize: head.length }
}

export const silentSink: FrameSink = {
  caps: { request: 64, answer: 128 },
  open: () => 'take',
  frame() {},
  oversize() {},
  violation() {},
}

export function read({ side, requestCap, answerCap }: Reader, pieces: Iterable<Uint8Array>): Seen {
  const frames: SeenFrame[] = []
  let violation: string | undefined
  const decoder = new FrameDecoder(side, {
    caps: { request: requestCap, answer: answerCap },
    open: () => 'take',
    frame: (head, payload) => void frames.push(seen(head, payload)),
    oversize: (head) => void frames.push(seen(head, undefined)),
    violation: (message) => void (violation = message),
  })
  for (const piece of pieces) decoder.push(piece)
  return { frames, violation }
}
