// A client that sends arbitrary bytes and returns the frames that it receives.

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  encodeClientHello,
  FrameHeader,
  headerBytes,
  keyFingerprint,
  kinds,
  noDeadline,
  prefaceBytes,
  writeFrameHeader,
} from '../../src/wire/index.ts'
import type { Contract } from '../../src/index.ts'
import { ConditionVariable } from '../support/condition-variable.ts'

export interface Frame {
  readonly kind: number
  readonly index: number
  readonly id: number
  readonly queueUs: number
  readonly runUs: number
  readonly payload: Buffer
  /** The JSON of a rejection or a fault. */
  readonly text: { code?: string; message?: string; retryAfterMs?: number; params?: object } | undefined
}

export const preface: Buffer = Buffer.from('f553444c4e0a0100', 'hex')

export interface FrameParts {
  readonly kind: number
  readonly flags?: number
  readonly index?: number
  readonly id?: number
  readonly a?: number
  readonly payload?: Uint8Array | string
  /** Overrides the length in the header. */
  readonly length?: number
}

export function frame({ kind, flags = 0, index = 0, id = 0, a = 0, payload = '', length }: FrameParts): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload
  const bytes = Buffer.alloc(headerBytes + body.length)
  writeFrameHeader(bytes, 0, length ?? body.length, kind, flags, index, id, a, 0)
  bytes.set(body, headerBytes)
  return bytes
}

export const request = (id: number, payload: Uint8Array | string, more: Partial<FrameParts> = {}): Buffer =>
  frame({ kind: kinds.request, id, payload, a: noDeadline, ...more })

export function hello(
  contracts: readonly { contract: Pick<Contract, 'id' | 'name'>; key?: Uint8Array }[],
  id = 0,
): Buffer {
  const asked = contracts.map(({ contract, key }) => ({
    id: contract.id,
    name: contract.name,
    fingerprint: keyFingerprint(key),
  }))
  return frame({ kind: kinds.hello, id, payload: encodeClientHello({ client: 'test/1', contracts: asked }) })
}

export class RawClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  /** The server ended its writing side. */
  ended = false
  #bytes: Buffer = Buffer.alloc(0)
  #preface: Buffer | undefined
  readonly #changed = new ConditionVariable()

  private constructor(socket: Socket) {
    this.socket = socket
    // Not events.once, which rejects on 'error'.
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#changed.notifyAll()
    })
    socket.on('end', () => {
      this.ended = true
      this.#changed.notifyAll()
    })
    socket.on('close', () => {
      this.ended = true
      this.#changed.notifyAll()
    })
  }

  /** Retries for up to 5 s while the backlog is full, as it can be on a busy machine. */
  static async connect(path: string): Promise<RawClient> {
    for (const until = performance.now() + 5000; ; await sleep(10)) {
      const socket = connect({ path, allowHalfOpen: true })
      const client = new RawClient(socket)
      try {
        await once(socket, 'connect')
        return client
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > until) throw error
      }
    }
  }

  /** On a connection that is open. */
  static on(socket: Socket): RawClient {
    return new RawClient(socket)
  }

  /** Connects, and waits for the answer to HELLO. */
  static async afterHello(path: string, ...contracts: readonly Pick<Contract, 'id' | 'name'>[]): Promise<RawClient> {
    const client = await RawClient.connect(path)
    client.send(preface, hello(contracts.map((contract) => ({ contract }))))
    await client.frame()
    return client
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts))
  }

  /** The server's preface; undefined: the server ended without one. */
  async preface(): Promise<Buffer | undefined> {
    if (this.#preface === undefined && (await this.#received(prefaceBytes))) this.#preface = this.#take(prefaceBytes)
    return this.#preface
  }

  /** The next frame; undefined: the server ended. */
  async frame(): Promise<Frame | undefined> {
    await this.preface()
    if (!(await this.#received(headerBytes))) return undefined
    const head = new FrameHeader()
    head.read(this.#bytes, 0)
    if (!(await this.#received(headerBytes + head.length))) return undefined
    const payload = this.#take(headerBytes + head.length).subarray(headerBytes)
    const isText = head.kind === kinds.rejected || head.kind === kinds.error
    return {
      kind: head.kind,
      index: head.index,
      id: head.id,
      queueUs: head.a,
      runUs: head.b,
      payload,
      text: isText ? (JSON.parse(payload.toString('utf8', 8)) as Frame['text']) : undefined,
    }
  }

  async frames(count: number): Promise<Frame[]> {
    const frames: Frame[] = []
    for (let next = await this.frame(); next !== undefined; next = await this.frame()) {
      frames.push(next)
      if (frames.length === count) break
    }
    return frames
  }

  /** All frames until the server ends its side. */
  rest(): Promise<Frame[]> {
    return this.frames(Number.POSITIVE_INFINITY)
  }

  #take(bytes: number): Buffer {
    const taken = this.#bytes.subarray(0, bytes)
    this.#bytes = this.#bytes.subarray(bytes)
    return taken
  }

  async #received(bytes: number): Promise<boolean> {
    while (this.#bytes.length < bytes && !this.ended) await this.#changed.wait()
    return this.#bytes.length >= bytes
  }
}
