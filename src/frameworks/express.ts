// Entry point `sidelane/express`: middleware for Express 4 and 5, and for everything else that calls (req, res, next) of
// node:http. Express itself is not imported.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Accepted } from '../model/index.ts'
import {
  problemResponse,
  allowedMethods,
  processorOf,
  receiveFrom,
  takesBody,
  type AnyProcessor,
  type HostReceiveOptions,
  type HttpResponse,
  type OutcomeHolder,
  type ReceiveOptions,
  type Sendable,
  type Source,
} from './index.ts'
import { headOf, readPast, responseFor, withExchange, type BodySource } from './node/index.ts'

export type { HostReceiveOptions, ReceiveOptions, Sendable, Source } from './index.ts'

declare global {
  // The name that the types of Express merge with; they are not needed.
  namespace Express {
    /** `res.locals`. */
    interface Locals extends OutcomeHolder {}
  }
}

type ResponseWithLocals = ServerResponse & { locals?: Record<string, unknown> }

/** Middleware, and a handler of the app where it does not call `next`. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/**
 * Middleware that processes the body of POST, PUT and PATCH, and sets `res.locals.sidelane` to the accepted outcome. All
 * else is refused with a problem (RFC 9457), and the handlers behind it do not run. No other body parser may be in front
 * of it. Other methods pass.
 *
 * Throws `options.invalid`, and `contract.*` for a contract that the processor does not serve.
 */
export function receive(processor: AnyProcessor, options?: ReceiveOptions): Middleware
/** With a host: `contract` selects the processor. */
export function receive(source: Source, options: HostReceiveOptions): Middleware
export function receive(source: Source, options: ReceiveOptions = {}): Middleware {
  const processor = processorOf(source, options)
  const run: AsyncMiddleware = async (req, res, next) => {
    let result: Accepted | HttpResponse
    try {
      const body: BodySource = { stream: req, fault: 'cancelled' }
      result = await withExchange(headOf(req), res, body, (exchange) => receiveFrom(processor, exchange, options))
    } catch (error) {
      return next(error)
    }
    if (!('ok' in result)) return refuse(req, res, result)
    const own: ResponseWithLocals = res
    own.locals = Object.assign(own.locals ?? {}, { sidelane: result })
    next()
  }
  return (req, res, next) => {
    if (takesBody(req.method ?? '')) void run(req, res, next)
    else next()
  }
}

type AsyncMiddleware = (...args: Parameters<Middleware>) => Promise<void>

/**
 * A handler that answers with `res.locals.sidelane`: the canonical JSON in the coding of the contract, or uncoded for a
 * client that does not accept it. Answers a GET or HEAD with 304 where the client has it. The status is that of `res`.
 * Without an outcome, methods that `receive` passes go to the next handler, or are answered with 405 where there is none.
 */
export function respond(req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void {
  const outcome = (res as ResponseWithLocals).locals?.['sidelane'] as Sendable | undefined
  const isPassed = !takesBody(req.method ?? '')
  if (outcome === undefined && isPassed) {
    if (next !== undefined) return next()
    return send(req, res, problemResponse('protocol.method', { headers: { Allow: allowedMethods } }))
  }
  let response: HttpResponse
  try {
    response = responseFor(headOf(req), outcome as Sendable)
  } catch (error) {
    if (next === undefined) throw error
    return next(error)
  }
  send(req, res, response)
}

function refuse(req: IncomingMessage, res: ServerResponse, response: HttpResponse): void {
  send(req, res, response)
  readPast(req)
}

function send(req: IncomingMessage, res: ServerResponse, { status, headers, body }: HttpResponse): void {
  // The client is gone, or a timeout of the app has answered.
  if (res.headersSent || res.destroyed) return
  if (status !== 200) res.statusCode = status
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'Vary') res.appendHeader?.(name, value)
    else res.setHeader(name, value)
  }
  if (body !== undefined) res.setHeader('Content-Length', body.length)
  res.end(req.method === 'HEAD' ? undefined : body)
}
