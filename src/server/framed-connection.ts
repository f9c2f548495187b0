// One framed connection, server's side: frames in, jobs to the queue, answers out, and every row of WIRE.md's table. The
// bytes of frames are wire's, what waits to be written is output.ts, its clocks are clocks.ts.

import type { Socket } from 'node:net'
import { errorTable, stackless, type SidelaneError } from '../model/index.ts'
import {
  answerCapFactor,
  decodeClientHello,
  encodeServerHello,
  flags,
  FrameDecoder,
  kinds,
  noDeadline,
  prefaceBytes,
  protocolVersion,
  readPreface,
  requestSlackBytes,
  traceBytes,
  type FrameSink,
  type Head,
} from '../wire/index.ts'
import { FrameClocks } from './timeouts.ts'
import type { Served, ServedTable } from './contracts.ts'
import { FramedJob, type JobOwner } from './framed-request.ts'
import { Indices } from './handshake.ts'
import type { Output } from './job.ts'
import type { FramedLimits } from './limits.ts'
import type { Observer } from './observer.ts'
import { FrameOutput, type OutputSide } from './write-queue.ts'
import type { WorkQueue } from './queue.ts'
import { Replies, tooLarge } from './control-frames.ts'
import type { Rounds } from './flush-scheduler.ts'
import type { Refusal, ServiceSettings } from './service.ts'
import type { Shelf, Slab } from './buffer-pool.ts'

/** What all framed connections share. */
export interface FramedHome {
  readonly settings: ServiceSettings
  readonly limits: FramedLimits
  readonly engine: 'js' | 'native'
  readonly queue: WorkQueue
  readonly observer: Observer
  readonly rounds: Rounds
  readonly shelf: Shelf
  left(connection: FramedConnection): void
}

export class FramedConnection implements FrameSink, JobOwner, OutputSide {
  readonly answerCap: number
  readonly #home: FramedHome
  readonly #socket: Socket
  readonly #table: ServedTable
  readonly #indices: Indices
  readonly #caps: { readonly request: number; readonly answer: number }
  readonly #decoder = new FrameDecoder('server', this)
  readonly #output: FrameOutput
  readonly #replies: Replies
  readonly #clocks: FrameClocks
  /** What is not answered, by id. */
  readonly #jobs = new Map<number, FramedJob>()
  /** Requests whose answers are not with the transport. */
  #inFlight = 0
  /** The preface as far as it is there; undefined when it is complete. */
  #preface: Buffer | undefined = Buffer.alloc(0)
  /** Of the request whose body is being read. */
  #reserved = 0
  /** When its header was there. */
  #openedAt = 0
  #now = 0
  #gone = false
  /** What comes from the client is read and dropped. */
  #deaf = false
  /** Ends when all is answered and written. */
  #finishing = false
  #violated: string | undefined
  #closed = false

  constructor(socket: Socket, home: FramedHome, table: ServedTable) {
    this.#socket = socket
    this.#home = home
    this.#table = table
    this.#indices = new Indices(table)
    const request = table.maxBytes + requestSlackBytes
    this.answerCap = request * answerCapFactor
    this.#caps = { request, answer: this.answerCap }
    this.#output = new FrameOutput(socket, home.rounds, this)
    this.#replies = new Replies(this.#output)
    this.#clocks = new FrameClocks(home.limits, performance.now())
    table.retain()
    home.observer.opened('framed')
    socket.on('data', this.read)
    socket.once('end', () => this.#finish())
    socket.once('close', () => this.#close())
    // What went wrong does not matter: 'close' follows.
    socket.on('error', () => {})
  }

  /** The next bytes of the client; they are not kept. */
  readonly read = (chunk: Buffer): void => {
    this.#home.observer.received(chunk.length)
    if (this.#deaf) return
    this.#now = performance.now()
    const rest = this.#preface === undefined ? chunk : this.#greet(this.#preface, chunk)
    if (rest.length > 0) this.#decoder.push(rest)
    this.#clocks.read(this.#now, this.#decoder.midFrame)
    this.#balance()
  }

  /** No new requests, please; what comes all the same is answered. */
  goAway(): void {
    if (this.#gone) return
    this.#gone = true
    this.#clocks.touch(performance.now())
    if (this.#preface === undefined && !this.#finishing) this.#replies.control(kinds.goaway, 0)
  }

  /** Looks at the clocks. */
  tick(now: number): void {
    const verdict = this.#clocks.look(now, {
      busy: this.#inFlight > 0 || this.#output.pending > 0,
      paused: this.#socket.isPaused(),
      gone: this.#gone,
      written: this.#output.written,
    })
    if (verdict === 'destroy') this.destroy()
    else if (verdict === 'leave') {
      this.goAway()
      this.#finish()
    } else if (verdict !== undefined && !this.#finishing) this.violation(verdict)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  get isFull(): boolean {
    return this.#output.pending > this.#home.limits.hardOutputBytes
  }

  // What the decoder calls.

  caps(): { readonly request: number; readonly answer: number } {
    return this.#caps
  }

  open(head: Head): 'take' | 'skip' {
    if (head.kind !== kinds.request) return 'take'
    const served = this.#indices.get(head.index)
    if (served === undefined) return this.#answerAtOnce(head, stackless('contract.unknown', noIndex))
    const { settings, queue } = this.#home
    if (this.#inFlight >= settings.maxInFlight) return this.#refuse(head, served, 'in_flight')
    if (this.isFull) return this.#refuse(head, served, 'output')
    const refusal = queue.reserve(head.length)
    if (refusal !== undefined) return this.#refuse(head, served, refusal.reason, refusal.retryAfterMs)
    this.#reserved = head.length
    this.#inFlight++
    this.#openedAt = this.#now
    return 'take'
  }

  frame(head: Head, payload: Uint8Array, own: boolean): void {
    this.#clocks.frame()
    if (head.kind === kinds.request) this.#request(head, payload, own)
    else if (head.kind === kinds.ping) this.#replies.control(kinds.pong, head.id, payload)
    else if (head.kind === kinds.hello) this.#hello(head, payload)
    else if (head.kind === kinds.cancel) {
      const job = this.#jobs.get(head.id)
      if (job !== undefined) this.#home.queue.cancel(job)
    }
  }

  oversize(head: Head): void {
    this.#answerAtOnce(head, undefined)
  }

  violation(message: string): void {
    // Before there is a preface nothing can be said.
    if (this.#preface !== undefined) return this.destroy()
    this.#deaf = true
    this.#decoder.stop()
    this.#forgetOpen()
    this.#violated = message
    this.#finish()
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  // What jobs call.

  room(bytes: number): Output {
    return this.#output.room(bytes)
  }

  answered(job: FramedJob, frameBytes: number): void {
    this.#forget(job)
    if (this.#closed) return
    this.#output.add(frameBytes, 1)
    this.#balance()
    this.#settle()
  }

  // What the output calls.

  handed(answers: number): void {
    this.#inFlight -= answers
  }

  progress(bytes: number): void {
    this.#home.observer.sent(bytes)
    this.#balance()
    this.#settle()
  }

  /** Returns what comes behind the preface. */
  #greet(before: Buffer, chunk: Buffer): Buffer {
    const bytes = before.length === 0 ? chunk : Buffer.concat([before, chunk])
    const preface = readPreface(bytes)
    if (preface === 'foreign') this.destroy()
    // A copy: the chunk is the reader's.
    else if (preface === 'more') this.#preface = Buffer.from(bytes)
    else {
      this.#preface = undefined
      this.#replies.preface()
      if (preface.version === protocolVersion) {
        if (this.#gone) this.#replies.control(kinds.goaway, 0)
        return bytes.subarray(prefaceBytes)
      }
      this.#deaf = true
      this.#finish()
    }
    return nothing
  }

  #hello(head: Head, payload: Uint8Array): void {
    const hello = decodeClientHello(payload)
    if (typeof hello === 'string') return this.violation(hello)
    this.#clocks.hello()
    const { settings, engine } = this.#home
    const answer = encodeServerHello({
      contracts: hello.contracts.map((asked) => this.#indices.answer(asked)),
      server: settings.server,
      engine,
      limits: { requestBytes: this.#caps.request, answerBytes: this.answerCap, inFlight: settings.maxInFlight },
    })
    this.#replies.control(kinds.hello, head.id, answer)
  }

  #request(head: Head, payload: Uint8Array, own: boolean): void {
    const served = this.#indices.get(head.index) as Served
    const start = head.flags & flags.trace ? traceBytes : 0
    const trace = start > 0 ? Uint8Array.from(payload.subarray(0, start)) : undefined
    const given = start > 0 ? payload.subarray(start) : payload
    const place: { slab: Slab | undefined } = { slab: undefined }
    const bytes = own ? given : this.#home.shelf.place(given, place)
    const expiresAt = head.a === noDeadline ? Number.POSITIVE_INFINITY : this.#openedAt + head.a
    const canonical = (head.flags & flags.canonical) !== 0
    const job = new FramedJob(
      this,
      served,
      head.id,
      bytes,
      place.slab,
      trace,
      canonical,
      this.#openedAt,
      expiresAt,
      head.length,
    )
    this.#reserved = 0
    this.#jobs.set(head.id, job)
    this.#home.queue.submit(job)
  }

  #refuse(head: Head, served: Served, reason: Refusal['reason'], retryAfterMs?: number): 'skip' {
    this.#home.observer.shed(reason)
    return this.#answerAtOnce(head, stackless('overloaded', retryAfterMs === undefined ? {} : { retryAfterMs }), served)
  }

  /** Answers a request whose body is not kept: with the fault, or `limit.bytes`. */
  #answerAtOnce(head: Head, fault: SidelaneError | undefined, served = this.#indices.get(head.index)): 'skip' {
    this.#clocks.frame()
    this.#replies.refuse(head.id, fault ?? tooLarge)
    const { code, status } = fault ?? { code: tooLarge.code, status: errorTable[tooLarge.code].status }
    const asked = { served, protocol: 'framed', inBytes: head.length, trace: undefined } as const
    this.#home.observer.request(asked, code, status, 0, 0, 0)
    return 'skip'
  }

  /** Ends the connection when all that is in flight is answered and written. */
  #finish(): void {
    this.#finishing = true
    this.#forgetOpen()
    this.#settle()
  }

  #settle(): void {
    if (!this.#finishing || this.#closed || this.#jobs.size > 0) return
    if (this.#violated !== undefined) {
      const fault = stackless('protocol.violation', {
        message: `The connection broke the protocol: ${this.#violated}.`,
      })
      this.#violated = undefined
      this.#replies.refuse(0, fault)
    }
    if (this.#output.pending > 0) return
    this.#deaf = true
    this.#clocks.ended(performance.now())
    this.#socket.end()
  }

  /** A client that does not read is not read from. */
  #balance(): void {
    if (this.#closed || this.#deaf) return
    const { softOutputBytes } = this.#home.limits
    if (this.#socket.isPaused()) {
      if (this.#output.pending > softOutputBytes / 2) return
      this.#clocks.resumed(performance.now())
      this.#socket.resume()
    } else if (this.#output.pending >= softOutputBytes) {
      this.#clocks.paused(performance.now())
      this.#socket.pause()
    }
  }

  /** A request whose body will not come. */
  #forgetOpen(): void {
    if (this.#reserved === 0) return
    this.#home.queue.release(this.#reserved)
    this.#reserved = 0
    this.#inFlight--
  }

  #forget(job: FramedJob): void {
    this.#jobs.delete(job.id)
    if (job.slab !== undefined) this.#home.shelf.release(job.slab)
    job.slab = undefined
  }

  #close(): void {
    this.#closed = true
    this.#decoder.stop()
    this.#forgetOpen()
    for (const job of this.#jobs.values()) if (this.#home.queue.drop(job)) this.#forget(job)
    this.#output.close()
    this.#table.release()
    this.#home.observer.closed('framed')
    this.#home.left(this)
  }
}

const nothing = Buffer.alloc(0)
const noIndex = { message: 'HELLO has not given out this contract index.' }
