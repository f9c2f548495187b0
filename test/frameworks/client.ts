// An HTTP client that does nothing on its own: no coding, no redirect, no retry.

import { once } from 'node:events'
import { request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The body as JSON. */
  json(): Record<string, unknown>
}

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export const json = { 'content-type': 'application/json' }

/** Starts a request; the caller writes its body. */
export const open = (port: number, { method = 'POST', path = '/canonical', headers = {} }: Sent): ClientRequest =>
  request({ port, method, path, headers: { ...(method === 'POST' && json), ...headers }, agent: false })

export function send(port: number, sent: Sent): Promise<Answer> {
  const req = open(port, sent)
  const answer = answerOf(req)
  req.end(sent.body)
  return answer
}

export async function answerOf(req: ClientRequest): Promise<Answer> {
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  // A server may cut a request that it has answered.
  req.on('error', () => {})
  const { statusCode: status = 0, headers } = res
  const body = await buffer(res)
  return { status, headers, body, json: () => JSON.parse(body.toString()) as Record<string, unknown> }
}
