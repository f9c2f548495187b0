// One request and its response. The order of exchanges on a connection is kept in connection.ts.

import type { ServerResponse } from 'node:http'
import { rejectedSize } from '../../model/index.ts'
import type { LoadedContract } from '../contracts.ts'
import { ServerRequest, type Output } from '../request.ts'
import type { Service } from '../service.ts'
import type { Telemetry } from '../telemetry.ts'
import { HttpError } from './http-error.ts'
import type { HttpRequest } from './request.ts'
import type { Pages } from './pages.ts'
import { RequestBody } from './body.ts'
import { readHead, type RequestHead } from './request-head.ts'
import { outcomeResponse, problem, responseBytes, type Response } from './response.ts'
import { routeOf, type Route } from './routes.ts'
import type { Access } from '../access.ts'
import type { Peer } from '../tls/peers.ts'

/** What all connections share. */
export interface HttpContext {
  readonly service: Service
  readonly telemetry: Telemetry
  readonly pages: Pages
  /** Of a request that names none. */
  readonly deadlineMs: number
}

/** `closes`: the connection ends behind the response. */
export type Send = (res: ServerResponse, bytes: Buffer, closes: boolean) => void

export class Exchange {
  readonly #req: HttpRequest
  readonly #res: ServerResponse
  readonly #context: HttpContext
  readonly #access: Access
  readonly #peer: Peer | undefined
  readonly #write: Send
  #startedAt = 0
  #head: RequestHead | undefined
  #route: Route | undefined
  #body: RequestBody | undefined
  #process: ProcessRequest | undefined
  #continued = false
  /** The response is written. */
  answered = false

  /** `peer`: of a connection over TLS. */
  constructor(
    req: HttpRequest,
    res: ServerResponse,
    context: HttpContext,
    access: Access,
    peer: Peer | undefined,
    send: Send,
  ) {
    this.#peer = peer
    this.#req = req
    this.#res = res
    this.#context = context
    this.#access = access
    this.#write = send
  }

  /** All of the request has arrived. */
  get isRead(): boolean {
    return this.#req.complete
  }

  /** Its turn has come. */
  leaveBacklog(): void {
    this.#req.leaveBacklog()
  }

  /** Reads the request and responds, now or later. */
  start(): void {
    this.#startedAt = performance.now()
    const head = readHead(this.#req)
    if (head instanceof HttpError) return this.fail(head)
    this.#head = head
    const { service, pages, deadlineMs } = this.#context
    const route = routeOf(head, { contracts: service.contracts, pages, deadlineMs, access: this.#access })
    this.#route = route
    if (this.#access === 'excess' && route.kind !== 'page') this.#context.telemetry.shed('connections')
    if (route.kind === 'refused') return this.#respond(route.response)
    if (route.kind === 'page') return this.#respond(route.page())
    const body = new RequestBody(service.queue, route.contract, head.length, this.#peer)
    this.#body = body
    if (body.refusal !== undefined) return this.#refuse(route.contract, body.refusal)
    if (head.expectsContinue) {
      this.#continued = true
      this.#res.writeContinue()
    }
    this.#req.readBody({
      piece: (bytes) => {
        if (this.answered) return
        body.add(bytes)
        if (body.refusal !== undefined) this.#refuse(route.contract, body.refusal)
      },
      end: () => {
        if (this.answered) return
        if (this.#peer?.isFull === true) return this.#refuse(route.contract, 'in_flight')
        this.#body = undefined
        const expiresAt = this.#startedAt + route.deadlineMs
        const respond: OnOutcome = (outcome, queueUs, runUs) => {
          this.#process = undefined
          if (this.answered) return
          this.#send(outcomeResponse(outcome, route.contract, service.engine.kind, queueUs, runUs))
        }
        this.#process = new ProcessRequest(route.contract, route.trace, body, expiresAt, this.#peer, respond)
        service.queue.submit(this.#process)
      },
    })
  }

  /** Responds to a request that breaks the protocol. */
  fail({ status, detail }: HttpError): void {
    this.#respond(problem('protocol.violation', { status, detail, closes: true }))
  }

  /** The connection is gone. */
  drop(): void {
    this.answered = true
    this.#dropBody()
    const request = this.#process
    if (request !== undefined && this.#context.service.queue.drop(request)) request.release()
    this.#process = undefined
  }

  #refuse(contract: LoadedContract, refusal: Exclude<RequestBody['refusal'], undefined>): void {
    if (refusal === 'too long') {
      const { maxBytes } = contract.contract.profile.limits
      return this.#respond(problem('limit.bytes', { ...rejectedSize(maxBytes), closes: true }))
    }
    const { retryAfterMs } = this.#context.service.queue.overloaded(refusal)
    this.#respond(problem('overloaded', { retryAfterMs }))
  }

  #respond(response: Response): void {
    this.#dropBody()
    this.#report(response)
    this.#send(response)
  }

  #send(response: Response): void {
    this.answered = true
    const { method, httpVersionMinor } = this.#req
    // A client that waits for "100 Continue" may or may not send the body now, so the next bytes are ambiguous.
    const isUndecided = this.#head?.expectsContinue === true && !this.#continued
    const closes =
      response.closes === true ||
      isUndecided ||
      this.#head?.isUpgrade === true ||
      this.#head?.closes === true ||
      this.#access === 'excess' ||
      !this.#res.shouldKeepAlive ||
      httpVersionMinor === 0 ||
      this.#context.service.state === 'draining'
    this.#write(this.#res, responseBytes(response, { isHead: method === 'HEAD', closes }), closes)
  }

  /** Outcomes are reported by the queue. */
  #report({ status, code, body }: Response): void {
    const route = this.#route
    const { telemetry } = this.#context
    if (route?.kind === 'process' || (route?.kind === 'refused' && route.contract !== undefined)) {
      const trace = route.kind === 'process' ? route.trace : undefined
      const { length = 0 } = this.#head ?? {}
      const inBytes = length === 'chunked' ? 0 : length
      const asked = { contract: route.contract, protocol: 'http', inBytes, trace } as const
      telemetry.request(asked, code ?? 'accepted', status, 0, 0, 0)
    } else {
      const path = route?.kind === 'page' ? route.path : undefined
      telemetry.page(path, status, code, body.length, performance.now() - this.#startedAt)
    }
  }

  #dropBody(): void {
    this.#body?.release()
    this.#body = undefined
  }
}

/** `outcome` is valid during the call only. Times are in µs. */
type OnOutcome = (outcome: Uint8Array, queueUs: number, runUs: number) => void

/** A `process` request over HTTP, for the queue. */
class ProcessRequest extends ServerRequest {
  readonly protocol = 'http'
  readonly #onOutcome: OnOutcome

  /** Owns what the body has reserved. */
  constructor(
    contract: LoadedContract,
    trace: Uint8Array | undefined,
    body: RequestBody,
    expiresAt: number,
    peer: Peer | undefined,
    onOutcome: OnOutcome,
  ) {
    super(contract, body.take(), false, trace, performance.now(), expiresAt, body.reserved, peer)
    this.#onOutcome = onOutcome
    if (peer !== undefined) peer.inFlight++
  }

  /** It has ended. */
  release(): void {
    this.contract.registry.release()
    if (this.peer !== undefined) this.peer.inFlight--
  }

  respond({ bytes, at }: Output, size: number, queueUs: number, runUs: number): void {
    this.release()
    this.#onOutcome(bytes.subarray(at, at + size), queueUs, runUs)
  }
}
