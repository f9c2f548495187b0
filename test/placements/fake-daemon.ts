// A daemon for tests of the client, built on src/wire: it runs the js engine inline and misbehaves as a test demands.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFault, errorTable, SidelaneError, type Contract } from '../../src/model/index.ts'
import { createEngine, type CompiledContract } from '../../src/engine/index.ts'
import {
  decodeClientHello,
  encodeServerHello,
  FrameDecoder,
  headerBytes,
  keyFingerprint,
  kinds,
  noContractId,
  noKeyFingerprint,
  prefaceBytes,
  writeResponseHeader,
  writeFrameHeader,
  writePreface,
  type FrameHeader,
  type ServerHello,
} from '../../src/wire/index.ts'

export interface Served {
  readonly contract: Contract
  readonly digestKey?: Uint8Array
}

/** Deviations from a correct daemon. */
export interface Behaviour {
  readonly contracts?: readonly Served[]
  readonly limits?: Partial<ServerHello['limits']>
  readonly engine?: 'js' | 'native'
  /** Written instead of the preface. */
  readonly preface?: Uint8Array
  /** false: HELLO is not answered. */
  readonly hello?: boolean
  /** Changes or replaces the answer to HELLO. */
  readonly answerHello?: (usual: ServerHello, peer: Peer) => ServerHello | Uint8Array
  /** Called for each REQUEST; true: it took care of the answer. */
  readonly request?: (request: Request) => boolean
  /** Called for each new connection; true: the daemon ignores the connection. */
  readonly connection?: (socket: Socket, number: number) => boolean
}

export interface Request {
  readonly peer: Peer
  readonly id: number
  readonly payload: Uint8Array
  readonly leftMs: number
  readonly flags: number
  /** Sends the correct answer. */
  readonly answer: () => void
}

/** One connection, daemon side. */
export interface Peer {
  readonly number: number
  readonly socket: Socket
  /** `head` overrides fields of the header. */
  send(kind: number, id: number, payload?: Uint8Array, head?: Partial<FrameHeader>): void
  fault(id: number, error: SidelaneError): void
}

export interface FakeDaemon {
  readonly path: string
  /** Can be changed at any time. */
  behaviour: Behaviour
  readonly peers: readonly Peer[]
  /** All received frames, in order. */
  readonly frames: readonly { readonly kind: number; readonly id: number; readonly peer: number }[]
  /** Size of each read, over all connections. */
  readonly chunks: readonly number[]
  close(): Promise<void>
  /** Stops the daemon and deletes its directory. */
  remove(): Promise<void>
  /** Listens at the same path again. */
  listen(): Promise<void>
}

export async function fakeDaemon(behaviour: Behaviour = {}): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-test-'))
  const path = join(folder, 's.sock')
  const peers: Peer[] = []
  const frames: { kind: number; id: number; peer: number }[] = []
  const chunks: number[] = []
  let server: Server | undefined
  const daemon = { path, behaviour, peers, frames, chunks, close, listen, remove }
  const engine = createEngine('js')
  let connections = 0

  async function listen(): Promise<void> {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      const number = connections++
      if (daemon.behaviour.connection?.(socket, number) !== true) serve(socket, number)
    })
    await new Promise<void>((resolve) => server?.listen(path, resolve))
  }

  async function close(): Promise<void> {
    for (const { socket } of peers) socket.destroy()
    peers.length = 0
    await new Promise((resolve) => server?.close(resolve))
    rmSync(path, { force: true })
  }

  async function remove(): Promise<void> {
    await close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }

  function serve(socket: Socket, number: number): void {
    const indices: CompiledContract[] = []
    const peer: Peer = {
      number,
      socket,
      send(kind, id, payload = new Uint8Array(0), { length = payload.length, flags = 0, index = 0 } = {}) {
        const bytes = new Uint8Array(headerBytes + payload.length)
        writeFrameHeader(bytes, 0, length, kind, flags, index, id, 0, 0)
        bytes.set(payload, headerBytes)
        socket.write(bytes)
      },
      fault(id, error) {
        const bytes = new Uint8Array(headerBytes + 4096)
        const size = encodeFault(error, bytes, headerBytes)
        writeResponseHeader(bytes, 0, size, id, 0, 0)
        socket.write(bytes.subarray(0, headerBytes + size))
      },
    }
    peers.push(peer)
    socket.on('close', () => peers.splice(peers.indexOf(peer), 1))
    socket.on('end', () => socket.end())

    const hello = (id: number, payload: Uint8Array): void => {
      const { contracts = [], limits, engine: kind = 'js', answerHello } = daemon.behaviour
      const asked = decodeClientHello(payload)
      if (typeof asked === 'string') throw new Error(asked)
      const answers = asked.contracts.map(({ id: want, name, fingerprint }) => {
        const named = contracts.filter(({ contract }) => contract.name === name)
        const served = named.find(
          ({ contract, digestKey }) =>
            contract.id === want && (fingerprint ?? noKeyFingerprint) === keyFingerprint(digestKey),
        )
        if (served !== undefined) {
          const { contract, digestKey } = served
          const index = indices.push(engine.compile(contract, digestKey && { digestKey })) - 1
          return { status: 0, index, have: want }
        }
        const code = named.length > 0 ? 'contract.mismatch' : 'contract.unknown'
        return { status: errorTable[code].wire, index: 0, have: named.at(-1)?.contract.id ?? noContractId }
      })
      const usual: ServerHello = {
        contracts: answers,
        server: 'fake/1',
        engine: kind,
        limits: { requestBytes: 1 << 21, answerBytes: 1 << 23, inFlight: 256, ...limits },
      }
      const sent = answerHello?.(usual, peer) ?? usual
      peer.send(kinds.hello, id, sent instanceof Uint8Array ? sent : encodeServerHello(sent))
    }

    const answer = (index: number, id: number, payload: Uint8Array, canonical: boolean): void => {
      const compiled = indices[index]
      if (compiled === undefined) return peer.fault(id, new SidelaneError('contract.unknown'))
      const bytes = new Uint8Array(headerBytes + 4096 + 12 * payload.length)
      const size = compiled.processInto(payload, canonical, bytes, headerBytes)
      writeResponseHeader(bytes, 0, size, id, 1, 2)
      socket.write(bytes.subarray(0, headerBytes + size))
    }

    const decoder = new FrameDecoder('server', {
      caps: { request: 1 << 21, answer: 1 << 24 },
      open: () => 'take',
      oversize: ({ id }) => peer.fault(id, new SidelaneError('overloaded')),
      violation: (message) => {
        peer.fault(0, new SidelaneError('protocol.violation', { message }))
        socket.end()
      },
      frame: ({ kind, id, index, flags, a }: FrameHeader, view) => {
        frames.push({ kind, id, peer: number })
        const payload = Uint8Array.from(view)
        if (kind === kinds.hello && daemon.behaviour.hello !== false) hello(id, payload)
        if (kind === kinds.ping) peer.send(kinds.pong, id, payload)
        if (kind !== kinds.request) return
        const usual = (): void => answer(index, id, payload, flags !== 0)
        if (daemon.behaviour.request?.({ peer, id, payload, leftMs: a, flags, answer: usual }) !== true) usual()
      },
    })

    let before = Buffer.alloc(0)
    let hasPreface = false
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk.length)
      if (hasPreface) return decoder.push(new Uint8Array(chunk))
      before = Buffer.concat([before, chunk])
      if (before.length < prefaceBytes) return
      hasPreface = true
      const preface = new Uint8Array(prefaceBytes)
      writePreface(preface, 0)
      socket.write(daemon.behaviour.preface ?? preface)
      decoder.push(new Uint8Array(before.subarray(prefaceBytes)))
    })
  }

  await listen()
  return daemon
}
