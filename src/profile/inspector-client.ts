// Speaks the inspector protocol to a process on this machine. The client's half of a WebSocket (RFC 6455) as far as Node's
// inspector uses it, because Node 20 has no WebSocket of its own: text, no compression, no subprotocol.

import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'
import { ProfileError } from './profile-error.ts'

const connectMs = 15_000
const opcodes = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const

const ended = 'The inspector closed the connection: the process has ended'
/** What it answers while its process ends. */
const endings = /context was destroyed|target closed/i

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

interface Message {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

export class InspectorClient {
  readonly #socket: Duplex
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #received: Buffer
  /** Of a message in several frames. */
  readonly #parts: Buffer[] = []

  private constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket
    this.#received = head
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes])
      this.#readFrames()
    })
    const end = (): void => this.#fail(new ProfileError(ended))
    socket.on('error', end).on('close', end)
    this.#readFrames()
  }

  /** `url` is what `/json/list` has as `webSocketDebuggerUrl`. */
  static connect(url: string): Promise<InspectorClient> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void =>
        reject(new ProfileError(`Cannot connect to the inspector at ${url}: ${reason}`))
      const handshake = request(url.replace(/^ws:/, 'http:'), {
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': randomBytes(16).toString('base64'),
        },
        timeout: connectMs,
      })
      handshake.on('upgrade', (_response, socket, head) => resolve(new InspectorClient(socket, head)))
      handshake.on('response', ({ statusCode }) => fail(`it answered with status ${statusCode}`))
      handshake.on('timeout', () => handshake.destroy(new Error('it does not answer')))
      handshake.on('error', ({ message }) => fail(message))
      handshake.end()
    })
  }

  ask<T>(method: string, params: object): Promise<T> {
    const id = ++this.#lastId
    return new Promise<T>((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new ProfileError('The inspector closed the connection'))
      this.#waiting.set(id, { resolve, reject })
      this.#send(opcodes.text, Buffer.from(JSON.stringify({ id, method, params })))
    })
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy()
  }

  #send(opcode: number, payload: Buffer): void {
    const { length } = payload
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
    head[0] = 0x80 | opcode
    head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
    if (head.length === 4) head.writeUInt16BE(length, 2)
    if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
    const mask = randomBytes(4)
    const masked = Buffer.from(payload)
    for (let i = 0; i < length; i++) masked[i] = (masked[i] as number) ^ (mask[i & 3] as number)
    this.#socket.write(Buffer.concat([head, mask, masked]))
  }

  #readFrames(): void {
    for (;;) {
      const bytes = this.#received
      if (bytes.length < 2) return
      const short = (bytes[1] as number) & 0x7f
      const start = short < 126 ? 2 : short === 126 ? 4 : 10
      if (bytes.length < start) return
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
      if (bytes.length < start + length) return
      this.#received = bytes.subarray(start + length)
      this.#takeFrame(bytes[0] as number, bytes.subarray(start, start + length))
    }
  }

  #takeFrame(first: number, payload: Buffer): void {
    const opcode = first & 0x0f
    if (opcode === opcodes.close) return void this.#socket.end()
    if (opcode === opcodes.ping) return this.#send(opcodes.pong, payload)
    if (opcode !== opcodes.text && opcode !== opcodes.continuation) return
    this.#parts.push(payload)
    const isLast = (first & 0x80) !== 0
    if (isLast) this.#take(JSON.parse(Buffer.concat(this.#parts.splice(0)).toString()) as Message)
  }

  #take({ id, result, error }: Message): void {
    const waiting = this.#waiting.get(id ?? -1)
    if (waiting === undefined || id === undefined) return
    this.#waiting.delete(id)
    if (error === undefined) waiting.resolve(result as never)
    else
      waiting.reject(new ProfileError(endings.test(error.message) ? ended : `The inspector refused: ${error.message}`))
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
