// One connection that speaks HTTP: requests in, answers out, in their order, one request at a time. The grammar is in
// decoder.ts, the paths are in routes.ts; this file knows the socket, the clocks and the service.

import type { Socket } from 'node:net'
import { answerBytes, problem, type Answer } from './response.ts'
import { Body } from './body.ts'
import { RequestDecoder, type RequestSink } from './decoder.ts'
import type { HttpFault } from './http-error.ts'
import type { RequestHead } from './request-head.ts'
import type { HttpEdge } from './index.ts'
import { HttpJob } from './job.ts'
import { outcomeAnswer } from './outcome-response.ts'
import { routeOf, type Route } from './routes.ts'

const headMs = 5000
const requestMs = 10_000
const idleMs = 65_000
const stallMs = 5000
const lingerMs = 1000
/** More than that is not read ahead of the request in hand. */
const mostHeldBytes = 65_536
/** More than that does not wait for a client that does not read. */
const mostPendingBytes = 1_048_576

const goOn = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
const tokenByte = /[!#$%&'*+.^_`|~0-9A-Za-z-]/

type ProcessRoute = Extract<Route, { kind: 'process' }>

export class HttpConnection implements RequestSink {
  readonly #socket: Socket
  readonly #edge: HttpEdge
  readonly #reserved: boolean
  readonly #decoder = new RequestDecoder(this)
  /** The request in hand. */
  #head: RequestHead | undefined
  #route: Route | undefined
  #body: Body | undefined
  #job: HttpJob | undefined
  #answered = false
  #startedAt = performance.now()
  #idleSince = performance.now()
  #peerEnded = false
  /** When the connection is cut, once it is ending. */
  #cutAt: number | undefined

  /** `first`: what has been read already. `reserved`: for health and metrics only. */
  constructor(socket: Socket, first: Uint8Array, edge: HttpEdge, reserved: boolean) {
    this.#socket = socket
    this.#edge = edge
    this.#reserved = reserved
    socket.on('data', this.#read)
    socket.on('end', this.#ended)
    socket.on('close', this.#closed)
    // What follows is "close".
    socket.on('error', () => undefined)
    socket.on('timeout', () => socket.destroy())
    if (first.length > 0 && !tokenByte.test(String.fromCharCode(first[0] as number))) socket.destroy()
    else this.#start(first)
  }

  /** Nothing of a request is there: it may be closed at any time. */
  get idle(): boolean {
    return this.#decoder.reading === 'idle'
  }

  /** Ends an idle connection; any other one ends with its answer. */
  drain(): void {
    if (this.idle) this.#finish()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Looks at the clocks. */
  check(now: number): void {
    if (this.#cutAt !== undefined) {
      if (now >= this.#cutAt) this.#socket.destroy()
      return
    }
    const { reading } = this.#decoder
    if (reading === 'idle' && now >= this.#idleSince + idleMs) return this.#finish()
    const late =
      (reading === 'head' && now >= this.#startedAt + headMs) ||
      (reading === 'body' && now >= this.#startedAt + requestMs)
    if (!late) return
    if (this.#answered) this.#finish()
    else
      this.#refuse(
        problem('protocol.violation', { status: 408, detail: 'The request is not there in time.', closes: true }),
      )
  }

  head(head: RequestHead): void {
    this.#head = head
    this.#answered = false
    this.#route = routeOf(head, {
      contracts: this.#edge.service.contracts,
      deadlineMs: this.#edge.deadlineMs,
      reserved: this.#reserved,
    })
    if (this.#route.kind === 'refused') this.#refuse(this.#route.answer)
    if (this.#route.kind === 'process') this.#open(head, this.#route)
    if (this.#route.kind === 'page' && head.expectsContinue) this.#socket.write(goOn)
  }

  #open(head: RequestHead, { served }: ProcessRoute): void {
    const body = new Body(this.#edge.service.queue, served, head.length)
    this.#body = body
    if (body.refusal !== undefined) this.#refuseBody(body)
    else if (head.expectsContinue) this.#socket.write(goOn)
  }

  piece(bytes: Uint8Array): void {
    const body = this.#body
    if (this.#answered || body === undefined) return
    body.add(bytes)
    if (body.refusal !== undefined) this.#refuseBody(body)
  }

  end(): void {
    if (this.#answered) return this.#advance()
    const route = this.#route as Exclude<Route, { kind: 'refused' }>
    if (route.kind === 'page') {
      this.#answer(this.#edge.page(route.page))
      return this.#advance()
    }
    const body = this.#body as Body
    this.#body = undefined
    const { served, deadlineMs, trace } = route
    this.#job = new HttpJob(served, trace, body, this.#startedAt + deadlineMs, this.#settle)
    this.#edge.service.queue.submit(this.#job)
  }

  readonly #settle = (job: HttpJob, bytes: Uint8Array, queueUs: number, runUs: number): void => {
    this.#job = undefined
    if (this.#cutAt !== undefined || this.#socket.destroyed) return
    // The service has reported it.
    this.#answer(outcomeAnswer(bytes, job, this.#edge.service.engine.kind, queueUs, runUs), false)
    this.#advance()
  }

  fault({ status, detail }: HttpFault): void {
    if (this.#answered) return this.#finish()
    this.#refuse(problem('protocol.violation', { status, detail, closes: true }))
  }

  #refuseBody(body: Body): void {
    const { refusal } = body
    if (refusal === undefined) return
    if (refusal === 'too long') return this.#refuse(problem('limit.bytes', { closes: true }))
    this.#edge.reporter.shed(refusal.reason)
    this.#refuse(problem('overloaded', { retryAfterMs: refusal.retryAfterMs }))
  }

  #dropBody(): void {
    this.#body?.release()
    this.#body = undefined
  }

  /** An answer before the request is there: what is left of it is read past, or the connection ends. */
  #refuse(answer: Answer): void {
    this.#dropBody()
    this.#answer(answer)
  }

  #answer(answer: Answer, report = true): void {
    const head = this.#head
    // A client that waits for "100 Continue" may or may not send the body now: what follows cannot be told apart.
    const undecided = head !== undefined && head.expectsContinue && this.#decoder.reading === 'body'
    const close = answer.closes === true || undecided || head === undefined || head.close || this.#edge.draining
    this.#answered = true
    this.#write(answerBytes(answer, { bare: head?.method === 'HEAD', close }))
    if (report) this.#report(answer)
    if (close) this.#finish()
  }

  /** The service reports what it has run. */
  #report({ status, code, body }: Answer): void {
    const route = this.#route
    const { reporter } = this.#edge
    if (route?.kind === 'process' || (route?.kind === 'refused' && route.served !== undefined)) {
      const trace = route.kind === 'process' ? route.trace : undefined
      const { length = 0 } = this.#head ?? {}
      const inBytes = length === 'chunked' ? 0 : length
      reporter.request(
        { contract: route.served, protocol: 'http', inBytes, trace },
        code ?? 'accepted',
        status,
        0,
        0,
        0,
      )
    } else {
      const page = route?.kind === 'page' ? route.page : undefined
      reporter.page(page, status, body.length, performance.now() - this.#startedAt)
    }
  }

  #write(bytes: Uint8Array): void {
    const socket = this.#socket
    this.#edge.reporter.sent(bytes.length)
    socket.write(bytes, this.#written)
    // Also counts while nothing is read: a client that does not take its answers.
    if (socket.writableLength > 0) socket.setTimeout(stallMs)
  }

  readonly #written = (): void => {
    if (this.#socket.writableLength > 0) return
    this.#socket.setTimeout(0)
    this.#advance()
  }

  /** The request has its answer: on with the next one. */
  #advance(): void {
    if (this.#cutAt !== undefined || !this.#answered || this.#socket.writableLength > mostPendingBytes) return
    if (this.#decoder.reading !== 'held') return
    this.#startedAt = this.#idleSince = performance.now()
    this.#head = this.#route = undefined
    this.#answered = false
    this.#decoder.next()
    if (this.#cutAt !== undefined) return
    if (this.#socket.isPaused() && this.#decoder.heldBytes < mostHeldBytes) this.#socket.resume()
    if (this.#peerEnded) this.#finishInput()
    else if (this.#edge.draining && this.idle) this.#finish()
  }

  #start(first: Uint8Array): void {
    this.#socket.resume()
    if (first.length > 0) this.#read(first)
  }

  readonly #read = (bytes: Uint8Array): void => {
    this.#edge.reporter.received(bytes.length)
    if (this.#cutAt !== undefined) return
    if (this.idle) this.#startedAt = performance.now()
    this.#socket.cork()
    this.#decoder.push(bytes)
    this.#socket.uncork()
    if (this.#decoder.heldBytes > mostHeldBytes) this.#socket.pause()
  }

  readonly #ended = (): void => {
    this.#peerEnded = true
    this.#finishInput()
  }

  /** Nothing more will come: what is there is answered. */
  #finishInput(): void {
    if (this.#cutAt !== undefined) return
    this.#decoder.finish()
    if (this.idle) this.#finish()
  }

  /** Ends the writing side, and reads past what still comes, so that the client sees the answer and not a reset. */
  #finish(): void {
    if (this.#cutAt !== undefined) return
    this.#cutAt = performance.now() + lingerMs
    this.#decoder.stop()
    this.#dropBody()
    this.#socket.resume()
    this.#socket.end()
  }

  readonly #closed = (): void => {
    this.#decoder.stop()
    this.#dropBody()
    if (this.#job !== undefined && this.#edge.service.queue.drop(this.#job)) this.#job.contract.registry.release()
    this.#job = undefined
    this.#edge.forget(this)
  }
}
