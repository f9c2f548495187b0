// A request and its response of node:http, or of node:http2 in its compatible form.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { decompress } from '../../engine/index.ts'
import { invalidOptions } from '../../model/index.ts'
import { misuseTexts } from '../../tables/framework-texts.ts'
import {
  cannotDecode,
  canonicalOf,
  formFor,
  identity,
  maxStoredBytes,
  notAcceptable,
  outcomeResponse,
  type Exchange,
  type HttpResponse,
  type RequestHead,
  type Sendable,
} from '../index.ts'
import { readBody, type BodySource } from './read-body.ts'

/** What the adapters use of a response. */
export type NodeResponse = Pick<ServerResponse, 'once' | 'off' | 'writableFinished' | 'destroyed' | 'headersSent'> & {
  statusCode: number
}

export const headOf = ({ method = '', headers }: Pick<IncomingMessage, 'method' | 'headers'>): RequestHead => ({
  method,
  header(name) {
    const value = headers[name]
    return typeof value === 'object' ? value.join(', ') : value
  },
})

/** Runs `use` on the exchange; its signal is aborted when the client goes before the response is written. */
export async function withExchange<T>(
  head: RequestHead,
  res: NodeResponse,
  body: BodySource,
  use: (exchange: Exchange) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  // Not the 'close' of the request: it comes as soon as the body is read.
  const onClose = (): void => {
    if (res.writableFinished) return
    // For loggers; the client does not read it any more.
    if (!res.headersSent) res.statusCode = 499
    controller.abort()
  }
  res.once('close', onClose)
  if (res.destroyed) onClose()
  try {
    return await use({
      head,
      signal: controller.signal,
      readsGzip: true,
      read: (limits) =>
        body.stream.readableDidRead
          ? Promise.reject(invalidOptions(misuseTexts.bodyRead))
          : readBody(body, limits, controller.signal),
    })
  } finally {
    res.off('close', onClose)
  }
}

/** A body that is still arriving when the response is written is read past for this long. */
const lingerMs = 1000

/**
 * Reads past a body that a response has refused, so that the client can read the response: a socket that is closed with
 * unread bytes is reset. A client that does not stop is cut.
 */
export function readPast(req: IncomingMessage): void {
  if (req.complete || req.destroyed) return
  req.resume()
  const timer = setTimeout(() => {
    if (!req.complete) req.destroy()
  }, lingerMs)
  timer.unref()
  req.once('close', () => clearTimeout(timer))
}

/** The response for an outcome, or why there is none that the client accepts. */
export function responseFor(head: RequestHead, outcome: Sendable): HttpResponse {
  const form = formFor(head, outcome)
  if (form === undefined) return notAcceptable(outcome)
  if (form !== identity) return outcomeResponse(head, form, outcome.body)
  try {
    return outcomeResponse(head, form, canonicalOf(outcome) ?? decompressStored(outcome))
  } catch (error) {
    if (cannotDecode(error)) return notAcceptable(outcome)
    throw error
  }
}

const decompressStored = ({ body, codec }: Sendable): Uint8Array =>
  decompress(body, codec, { maxBytes: maxStoredBytes })
