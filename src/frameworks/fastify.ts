// Entry point `sidelane/fastify`: a plugin with the route option `contract`. Fastify is imported as types only.

import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type {
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  preHandlerAsyncHookHandler,
  preParsingHookHandler,
  RouteOptions,
} from 'fastify'
import type * as fastifyTypes from 'fastify'
import { createHost } from '../create.ts'
import {
  check,
  functionRule,
  invalidOptions,
  type Contract,
  type FaultCode,
  type Host,
  type HostOptions,
  type SidelaneError,
} from '../model/index.ts'
import { misuseTexts } from '../tables/framework-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'
import {
  codingsIn,
  faultLine,
  processorOf,
  receiveFrom,
  takesBody,
  type AnyProcessor,
  type Exchange,
  type HttpResponse,
  type OutcomeHolder,
  type ReceiveOptions,
} from './index.ts'
import { headOf, readPast, responseFor, withExchange, type BodySource } from './node/index.ts'

export type { Sendable } from './index.ts'

/** Options of the plugin. Without `processor` and `host` they are those of `createHost`, and the app closes the host. */
export interface SidelanePluginOptions extends HostOptions {
  /** Processes the routes of its contract. The app that made it closes it. */
  readonly processor?: AnyProcessor | undefined
  /** Opens a processor for the contract of each route. The app that made it closes it. */
  readonly host?: Host | undefined
  /**
   * Called with each fault that is a mistake of the server (status 500), for a log. Default: one line of
   * `request.log.error`, without the message of the cause, which may quote the payload.
   */
  readonly onError?: ((error: SidelaneError, request: FastifyRequest) => void) | undefined
}

declare module 'fastify' {
  interface FastifyRequest extends OutcomeHolder {}

  interface RouteShorthandOptions<
    RawServer extends fastifyTypes.RawServerBase = fastifyTypes.RawServerDefault,
    RawRequest extends fastifyTypes.RawRequestDefaultExpression<RawServer> =
      fastifyTypes.RawRequestDefaultExpression<RawServer>,
    RawReply extends fastifyTypes.RawReplyDefaultExpression<RawServer> =
      fastifyTypes.RawReplyDefaultExpression<RawServer>,
    RouteGeneric extends fastifyTypes.RouteGenericInterface = fastifyTypes.RouteGenericInterface,
    ContextConfig = fastifyTypes.ContextConfigDefault,
    SchemaCompiler extends fastifyTypes.FastifySchema = fastifyTypes.FastifySchema,
    TypeProvider extends fastifyTypes.FastifyTypeProvider = fastifyTypes.FastifyTypeProviderDefault,
    Logger extends fastifyTypes.FastifyBaseLogger = fastifyTypes.FastifyBaseLogger,
  > {
    /** Processes the body: the handler gets `request.sidelane`. The contract, or the name of that of the processor. */
    contract?: Contract | string | undefined
  }
}

const plugin: FastifyPluginAsync<SidelanePluginOptions> = async (app, options) => {
  const { processor, host, onError = logFault, ...hostOptions } = withoutRegisterOptions(options)
  check('sidelane', { onError }, { onError: functionRule })
  if (processor !== undefined && host !== undefined) throw invalidOptions(misuseTexts.twoSources)
  const given = processor ?? host
  const names = Object.keys(hostOptions).join(', ')
  if (given !== undefined && names !== '') throw invalidOptions(fillTemplate(misuseTexts.sourceAndOptions, { names }))
  const source = given ?? (await createHost(hostOptions))
  // Runs when the last request is answered.
  if (given === undefined) app.addHook('onClose', () => (source as Host).close())
  app.decorateRequest('sidelane')
  app.addHook('onRoute', (route) => {
    if (route.contract !== undefined) prepareRoute(route, processorOf(source, { contract: route.contract }), onError)
  })
  app.addHook('preValidation', showHeaders)
}

/**
 * The plugin. Routes with the option `contract` process the body of POST, PUT and PATCH behind all preHandler hooks, and
 * set `request.sidelane` to the accepted outcome. All else is refused with a problem (RFC 9457), and the handler does not
 * run. Register it with `await`, in front of its routes.
 */
export const sidelane: FastifyPluginAsync<SidelanePluginOptions> = Object.assign(plugin, {
  // As fastify-plugin does: the routes of the surrounding context have the option.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'sidelane',
  [Symbol.for('plugin-meta')]: { fastify: '5.x', name: 'sidelane' },
})

/**
 * A handler that answers with `request.sidelane`: the canonical JSON in the coding of the contract, or uncoded for a client
 * that does not accept it. Answers a GET or HEAD with 304 where the client has it. The status is that of the reply.
 */
export function respond<R extends AnyReply>(request: AnyRequest, reply: R): R {
  return send(reply, responseFor(headOf(request), request.sidelane))
}

/** What `respond` uses of a request, of any server and with any types. */
export interface AnyRequest extends Pick<FastifyRequest, 'sidelane' | 'method'> {
  /** As that of Fastify. */
  readonly headers: IncomingHttpHeaders
}

/** What `respond` uses of a reply, of any server and with any types. */
export interface AnyReply {
  /** As that of Fastify. */
  getHeader(name: string): number | string | string[] | undefined
  /** As that of Fastify. */
  header(name: string, value: unknown): unknown
  /** As that of Fastify. */
  headers(values: Readonly<Record<string, string>>): unknown
  /** As that of Fastify. */
  code(status: number): unknown
  /** As that of Fastify. */
  send(payload?: unknown): unknown
}

/** Avvio passes on what `register` takes for itself. */
function withoutRegisterOptions(options: SidelanePluginOptions): SidelanePluginOptions {
  const own: Record<string, unknown> = { ...options }
  for (const name of ['prefix', 'logLevel', 'logSerializers']) delete own[name]
  return own
}

/** A request behind its preParsing hooks. */
interface Unread {
  readonly body: Readable
  readonly headers: IncomingHttpHeaders
}

const unread = new WeakMap<FastifyRequest, Unread>()

type OnError = NonNullable<SidelanePluginOptions['onError']>

const logFault: OnError = (error, request) => request.log.error(faultLine(error))

function prepareRoute(route: RouteOptions, processor: AnyProcessor, onError: OnError): void {
  const wrong = [route.method].flat().find((method) => !takesBody(method))
  if (wrong !== undefined) throw invalidOptions(fillTemplate(misuseTexts.bodyless, { method: wrong }))
  route.preParsing = [route.preParsing ?? []].flat().concat(leaveUnread)
  route.preHandler = [route.preHandler ?? []].flat().concat(receive(processor, onError) as never)
}

/** Without these fields Fastify finds no body to parse, and leaves the stream to the preHandler hook. */
const hidden: IncomingHttpHeaders = {
  'content-type': undefined,
  'content-length': undefined,
  'transfer-encoding': undefined,
}

/** Fastify merges what is set over the headers of the request: a hook of the app may have set some. */
const leaveUnread: preParsingHookHandler = (request, _reply, payload, done) => {
  const { headers } = request
  unread.set(request, { body: payload, headers })
  request.headers = headers === request.raw.headers ? hidden : { ...headers, ...hidden }
  done(null, payload)
}

/** What hooks have set since then is kept. */
const showHeaders = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
  const before = unread.get(request)?.headers
  if (before !== undefined) {
    const headers = { ...request.headers }
    for (const name of Object.keys(hidden)) {
      if (headers[name] !== undefined) continue
      if (name in before) headers[name] = before[name]
      else delete headers[name]
    }
    // Without an addition Fastify gives the headers of the request out as they are, and copies nothing at each access.
    const isAdded = Object.keys(headers).some((name) => headers[name] !== request.raw.headers[name])
    request.headers = isAdded ? headers : (undefined as never)
  }
  done()
}

const receive =
  (processor: AnyProcessor, onError: OnError): preHandlerAsyncHookHandler =>
  async (request, reply) => {
    const options: ReceiveOptions = { onError: (error) => onError(error, request) }
    const stream = unread.get(request)?.body ?? request.raw
    const body: BodySource = { stream, fault: faultOf(stream, request), mayBeDecoded: isDecoded(stream) }
    const result = await withExchange(headOf(request), reply.raw, body, (exchange) =>
      receiveFrom(processor, isDecoded(stream) ? withoutCoding(exchange) : exchange, options),
    )
    if ('ok' in result) {
      request.sidelane = result
      return
    }
    // A timeout of the app may have answered.
    if (!reply.sent) send(reply, result)
    readPast(request.raw)
    return reply
  }

/** A hook has decoded the body, as @fastify/compress does: its stream has this property, by the rules of preParsing. */
const isDecoded = (body: Readable): boolean => 'receivedEncodedLength' in body

/**
 * The fields still describe the body as it arrived. That it is gzip is left: a hook that only looks at the pieces has the
 * property too, and the pieces tell.
 */
const withoutCoding = (exchange: Exchange): Exchange => ({
  ...exchange,
  head: {
    ...exchange.head,
    header(name) {
      const value = name === 'content-length' ? undefined : exchange.head.header(name)
      return name === 'content-encoding' && codingsIn(value ?? '').join() !== 'gzip' ? undefined : value
    },
  },
})

/** Of the request itself: the client is gone. Of a stream that a hook has put behind it: the decoder, or the app. */
function faultOf(stream: Readable, { raw }: FastifyRequest): FaultCode {
  if (stream === raw) return 'cancelled'
  return isDecoded(stream) ? 'codec.corrupt' : 'app.threw'
}

function send<R extends AnyReply>(reply: R, { status, headers, body }: HttpResponse): R {
  const { Vary: vary, ...others } = headers
  const before = reply.getHeader('vary')
  if (vary !== undefined) reply.header('vary', before === undefined ? vary : `${String(before)}, ${vary}`)
  if (status !== 200) reply.code(status)
  reply.headers(others)
  reply.send(body === undefined ? undefined : viewOf(body))
  return reply
}

/** Fastify sends a Buffer as it is, and would copy other arrays. */
const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
