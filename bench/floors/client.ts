// The floor of a client behind a socket: one connection whose frames, copies, writes and promises are those of our client, and nothing
// else: no handshake, no checks, no limits, no deadlines, no counters.

import { once } from 'node:events'
import { connect } from 'node:net'
import type { Answer, Contender, Digest } from '../../src/measure/contender.ts'
import { readU32 } from '../../src/util/byte-codec.ts'
import { digestAt, frameHead, idAt, outcomeHead } from './layout.ts'

const blockBytes = 256 * 1024
const readBufferBytes = 64 * 1024
const slots = 128

export async function socketFloor(path: string, digest: Digest): Promise<Contender> {
  const resolves: ((answer: Answer) => void)[] = []
  const spare: Buffer<ArrayBuffer>[] = []
  let lastId = 0
  let block = Buffer.allocUnsafeSlow(blockBytes)
  let used = 0
  let isScheduled = false

  const buffer = new Uint8Array(readBufferBytes)
  /** The start of a frame that is not complete. */
  let part: Uint8Array | undefined
  const read = (size: number): void => {
    const chunk = buffer.subarray(0, size)
    const bytes = part === undefined ? chunk : joined(part, chunk)
    let at = 0
    while (bytes.length - at >= frameHead) {
      const from = at + frameHead
      const end = from + readU32(bytes, at)
      if (end > bytes.length) break
      const id = readU32(bytes, at + idAt)
      const resolve = resolves[id % slots] as (answer: Answer) => void
      resolve(end === from ? { ok: false } : answerOf(bytes, from, end, digest))
      at = end
    }
    part = at === bytes.length ? undefined : bytes.slice(at)
  }

  const socket = connect({ path, onread: { buffer, callback: (size) => (read(size), true) } })
  await once(socket, 'connect')

  const flush = (): void => {
    isScheduled = false
    if (used === 0) return
    const full = block
    socket.write(full.subarray(0, used), () => void spare.push(full))
    block = spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
    used = 0
  }
  const call = (payload: Buffer): Promise<Answer> =>
    new Promise((resolve) => {
      const length = frameHead + payload.length
      if (used + length > block.length) {
        flush()
        if (length > block.length) block = Buffer.allocUnsafeSlow(length)
      }
      const id = ++lastId
      resolves[id % slots] = resolve
      block.writeUInt32LE(payload.length, used)
      block.writeUInt32LE(id, used + idAt)
      block.set(payload, used + frameHead)
      used += length
      if (isScheduled) return
      isScheduled = true
      process.nextTick(flush)
    })
  const close = async (): Promise<void> => {
    socket.destroy()
    await once(socket, 'close')
  }
  return { id: 'sidecar-floor', digest, side: 'floor', mode: 'socket', canonical: true, call, close }
}

function joined(part: Uint8Array, chunk: Uint8Array): Uint8Array {
  const both = new Uint8Array(part.length + chunk.length)
  both.set(part)
  both.set(chunk, part.length)
  return both
}

function answerOf(bytes: Uint8Array, from: number, end: number, digest: Digest): Answer {
  return {
    ok: true,
    body: bytes.slice(from + outcomeHead, end),
    digest: digest === 'none' ? null : hex(bytes.subarray(from + digestAt, from + outcomeHead)),
  }
}

const hex = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('hex')
