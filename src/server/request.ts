// A request of the daemon as a call, of either protocol. The bytes on the connection are in framed-connection.ts and http/.

import { Call, encodeFault, encodeOutcome, outcomeSize, SidelaneError, type Outcome } from '../model/index.ts'
import type { LoadedContract } from './contracts.ts'
import type { Peer } from './tls/peers.ts'
import type { shedReasons } from '../tables/metrics.ts'

export type Protocol = 'framed' | 'http'

/** Memory for an outcome. */
export interface Output {
  bytes: Uint8Array
  /** Where the outcome begins; what is in front of it belongs to the connection. */
  at: number
}

/** Writes to `bytes` at `at`; returns the size, or the negated size that is needed. */
export type Write = (bytes: Uint8Array, at: number) => number

/** What an outcome takes beyond its payload: the heads, a digest, a few issues. */
export const typicalBytes = 2048
const scratchBytes = 64 * 1024
const maxKeptBytes = 8 * 1024 * 1024

/** What is reported to an observer of a request, also of one that was refused before its body arrived. */
export interface RequestInfo {
  /** undefined: the request named no contract of this daemon. */
  readonly contract: LoadedContract | undefined
  readonly protocol: Protocol
  /** Size of the payload. */
  readonly inBytes: number
  /** W3C trace context in binary: 26 bytes. */
  readonly trace: Uint8Array | undefined
}

/** The queue that a request was submitted to. */
export interface RequestOwner {
  readonly writer: OutcomeWriter
  /** The fault of a request that is refused for this reason. */
  overloaded(reason: keyof typeof shedReasons): SidelaneError
  /** The request has ended; its outcome, of `size` bytes, is in the writer's output. */
  completed(request: ServerRequest, size: number): void
}

// One object per request with plain fields: the garbage of the hot path.
export abstract class ServerRequest extends Call implements RequestInfo {
  abstract readonly protocol: Protocol
  readonly contract: LoadedContract
  declare payload: Uint8Array | undefined
  readonly inBytes: number
  readonly trace: Uint8Array | undefined
  /** On the clock of `performance.now()`, as `expiresAt`. */
  readonly receivedAt: number
  /** Bytes that were reserved for it; the queue releases them when it ends. */
  readonly reserved: number
  /** That of a connection over TLS. */
  readonly peer: Peer | undefined
  /** When it began to run; 0: it did not. */
  startedAt = 0
  /** Set when it is submitted. */
  owner: RequestOwner | undefined

  constructor(
    contract: LoadedContract,
    payload: Uint8Array,
    canonical: boolean,
    trace: Uint8Array | undefined,
    receivedAt: number,
    expiresAt: number,
    reserved: number,
    peer?: Peer,
  ) {
    super(contract, payload, canonical)
    this.contract = contract
    this.inBytes = payload.length
    this.trace = trace
    this.receivedAt = receivedAt
    this.expiresAt = expiresAt
    this.reserved = reserved
    this.peer = peer
  }

  /** Too many responses wait for its client: it does not run. */
  get isUnwelcome(): boolean {
    return false
  }

  /** Memory for an outcome of about `bytes` where it is sent from; undefined: there is none. */
  outputFor(_bytes: number): Output | undefined {
    return undefined
  }

  /**
   * Sends the outcome: `size` bytes in wire form (model/outcome-bytes.ts) at `output.at`, in what `outputFor` returned last
   * or else valid during the call only. Called once, never inside `submit`. Both times are in µs.
   */
  abstract respond(output: Output, size: number, queueUs: number, runUs: number): void

  override begin(now: number, leastMs: number): boolean {
    if (this.isUnwelcome && now + leastMs < this.expiresAt) {
      this.fail((this.owner as RequestOwner).overloaded('output'))
      return false
    }
    if (!super.begin(now, leastMs)) return false
    this.startedAt = now
    return true
  }

  settle(outcome: Outcome): void {
    this.complete(typicalBytes, (bytes, at) => encodeOutcome(outcome, bytes, at))
  }

  settleBytes(source: Uint8Array, at: number): void {
    const size = outcomeSize(source, at)
    if (size === 0) return this.fail(new SidelaneError('internal.panic'))
    this.complete(size, (bytes, to) => {
      if (to + size > bytes.length) return -size
      bytes.set(source.subarray(at, at + size), to)
      return size
    })
  }

  fail(error: SidelaneError): void {
    this.complete(typicalBytes, (bytes, at) => encodeFault(error, bytes, at))
  }

  /** Ends the request with the outcome of about `bytes` that `write` produces. Ignored when it has ended. */
  complete(bytes: number, write: Write): void {
    if (this.settled) return
    if (this.phase === 'new') {
      // Refused inside `submit`.
      this.phase = 'running'
      setImmediate(() => this.complete(bytes, write))
      return
    }
    const owner = this.owner as RequestOwner
    const size = owner.writer.write(this, bytes, write)
    this.end()
    owner.completed(this, size)
  }

  /** Ends a request that waits, without a response; false: it does not wait. */
  drop(): boolean {
    return this.phase === 'queued' && this.end()
  }
}

/** Writes outcomes to the memory that the request provides, or to scratch memory that is reused. */
export class OutcomeWriter {
  /** Where the last outcome is. */
  output: Output = { bytes: new Uint8Array(scratchBytes), at: 0 }
  #scratch: Output = this.output

  /** Writes an outcome of about `bytes` to `output` and returns its size. */
  write(owner: ServerRequest, bytes: number, write: Write): number {
    const size = this.#attempt(owner, bytes, write)
    return size < 0 ? this.#attempt(owner, -size, write) : size
  }

  #attempt(owner: ServerRequest, bytes: number, write: Write): number {
    this.output = owner.outputFor(bytes) ?? this.#scratchFor(bytes)
    return write(this.output.bytes, this.output.at)
  }

  #scratchFor(bytes: number): Output {
    const { length } = this.#scratch.bytes
    if (bytes > length || (length > maxKeptBytes && bytes <= scratchBytes)) {
      this.#scratch = { bytes: new Uint8Array(Math.max(scratchBytes, 2 ** Math.ceil(Math.log2(bytes)))), at: 0 }
    }
    return this.#scratch
  }
}
