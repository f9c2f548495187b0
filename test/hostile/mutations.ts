// Seeded mutations of what a daemon sends: anywhere in its bytes, or in the fields of its frames that a client can judge.
import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import type { Random } from '../../bench/payloads/random.ts'
import { FrameHeader, headerBytes, kinds, prefaceBytes } from '../../src/wire/index.ts'

/** Changes the bytes that are sent next; `undefined`: the connection ends here. */
export type Mutate = (bytes: Buffer) => Buffer | undefined

type Mutation = (bytes: Buffer, random: Random) => Buffer | undefined

const anywhere: readonly Mutation[] = [
  function flipBits(bytes, random) {
    const copy = Buffer.from(bytes)
    for (let i = random.int(1, 4); i > 0; i--) {
      const at = random.int(0, bytes.length - 1)
      copy[at] = (copy[at] as number) ^ (1 << random.int(0, 7))
    }
    return copy
  },
  function setByte(bytes, random) {
    return Buffer.from(bytes.with(random.int(0, bytes.length - 1), random.pick([0, 1, 2, 3, 127, 128, 255])))
  },
  function insert(bytes, random) {
    const at = random.int(0, bytes.length)
    const more = Buffer.from(Array.from({ length: random.int(1, 40) }, () => random.int(0, 255)))
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
  },
  function remove(bytes, random) {
    const at = random.int(0, bytes.length - 1)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.int(1, 40))])
  },
  function repeat(bytes, random) {
    const at = random.int(0, bytes.length - 1)
    const part = bytes.subarray(at, at + random.int(1, 200))
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)])
  },
  function twice(bytes) {
    return Buffer.concat([bytes, bytes])
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.int(0, bytes.length - 1))
  },
  function endHere() {
    return undefined
  },
  function noise(_, random) {
    return Buffer.from(Array.from({ length: random.int(1, 4096) }, () => random.int(0, 255)))
  },
]

/** One mutation anywhere in the bytes. */
export const mutateAnywhere =
  (random: Random): Mutate =>
  (bytes) =>
    random.pick(anywhere)(bytes, random)

const huge = [0, 1, 47, 48, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

/** Changes one field: every other value of it is a violation, or leaves the answer as it is. */
function mutateFrame(frame: Buffer, random: Random): Buffer {
  const copy = Buffer.from(frame)
  const head = new FrameHeader()
  head.read(frame, 0)
  const isText = head.kind === kinds.rejected || head.kind === kinds.error
  const u32 = (at: number): number =>
    copy.writeUInt32LE(random.chance(0.5) ? random.pick(huge) : random.int(0, 5000), at)
  const changes: (() => void)[] = [
    () => u32(0),
    () => copy.writeUInt8(random.int(0, 255), 4),
    () => copy.writeUInt8(random.int(1, 255), 5),
    // The id of no request.
    () => copy.writeUInt32LE(random.int(1, 2 ** 21), 12),
  ]
  if (isText) changes.push(() => copy.writeUInt16LE(random.int(0, 65_535), 6))
  if (isText || head.kind === kinds.accepted) {
    changes.push(
      () => copy.writeUInt8(random.int(0, 255), headerBytes),
      () => u32(headerBytes + (isText ? 4 : 12)),
    )
  }
  if (head.kind === kinds.accepted) {
    changes.push(
      () => copy.writeUInt8(random.int(0, 255), headerBytes + 1),
      () => u32(headerBytes + 4),
    )
  }
  random.pick(changes)()
  return copy
}

/** A mutation of one field in one of the whole frames. */
export const mutateFields =
  (random: Random): Mutate =>
  (bytes) => {
    const frames = framesOf(bytes)
    const chosen = random.int(0, frames.length - 1)
    return Buffer.concat(frames.map((frame, i) => (i === chosen ? mutateFrame(frame, random) : frame)))
  }

function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + headerBytes + bytes.readUInt32LE(at)
    frames.push(bytes.subarray(at, end))
    at = end
  }
  return frames
}

/** Passes connections on to a daemon, and its whole frames through `mutate` while that is set. */
export class MutatingProxy {
  mutate: Mutate | undefined
  readonly path: string
  readonly #upstream: string
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#pass(client))

  constructor(path: string, upstream: string) {
    this.path = path
    this.#upstream = upstream
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(this.path), 'listening')
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pass(client: Socket): void {
    const daemon = connect({ path: this.#upstream, allowHalfOpen: true })
    for (const [socket, other] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      this.#sockets.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
    }
    client.on('data', (chunk) => daemon.write(chunk)).on('end', () => daemon.end())
    let waiting = Buffer.alloc(0)
    let hasPreface = false
    daemon.on('end', () => client.end())
    daemon.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk])
      if (!hasPreface) {
        if (waiting.length < prefaceBytes) return
        hasPreface = true
        client.write(waiting.subarray(0, prefaceBytes))
        waiting = waiting.subarray(prefaceBytes)
      }
      const whole = wholeFrames(waiting)
      if (whole === 0) return
      const bytes = waiting.subarray(0, whole)
      waiting = Buffer.from(waiting.subarray(whole))
      const sent = this.mutate === undefined ? bytes : this.mutate(bytes)
      if (sent === undefined) client.destroy()
      else client.write(sent)
    })
  }
}

function wholeFrames(bytes: Buffer): number {
  let at = 0
  while (at + headerBytes <= bytes.length) {
    const end = at + headerBytes + bytes.readUInt32LE(at)
    if (end > bytes.length) break
    at = end
  }
  return at
}
