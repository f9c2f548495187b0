// Which request the main thread works on, as ranges of time: while a server's "request" event is emitted, while the body of
// the request arrives, and while Fastify runs a handler or sends what one resolved with. What a route does after an `await`
// lies outside; its handler's own frames tell then.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { IncomingMessage, Server, type ServerResponse } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { performance } from 'node:perf_hooks'
import { RouteTable, type RouteHandler } from './route-table.ts'

/** On a request: its number. */
const tag = Symbol('sidelane.profile.request')
/** Entering and leaving; what follows has no route. */
const usualMaxMarks = 1_000_000

type Tagged = IncomingMessage & { [tag]?: number; readonly baseUrl?: string; readonly route?: ExpressRoute }

interface ExpressRoute {
  readonly path?: unknown
  readonly stack?: readonly { readonly handle?: unknown; readonly method?: string }[]
}

interface FastifyMessage {
  readonly request?: { readonly raw?: Tagged; readonly routeOptions?: { readonly handler?: unknown } }
  readonly route?: { readonly url?: string; readonly method?: string }
}

interface FastifyRequest {
  readonly raw: Tagged
  /** Missing before Fastify 4.10. */
  readonly routeOptions?: { readonly url?: string; readonly handler: RouteHandler }
}

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): void
}

interface Exchange {
  readonly request: Tagged
  readonly response: ServerResponse
  readonly server: Server
}

export interface RequestRanges {
  readonly table: RouteTable
  /** The servers that had requests. */
  readonly servers: ReadonlySet<Server>
  /** For times in ascending order: the index of the route that ran, or -1. */
  routesAt(times: readonly number[]): number[]
  /** Until when routes are known; Infinity: for all times. */
  knownUntil(): number
  /** Requests that began at or after this time. */
  countSince(start: number): number
  /** By route: requests that began at or after this time. */
  requestsSince(start: number): number[]
  remove(): void
}

/** `onBegin` is called when a server begins to listen, until the first request; and at that. */
export function watchRequests(onBegin: () => void, maxMarks: number = usualMaxMarks): RequestRanges {
  const table = new RouteTable()
  const servers = new Set<Server>()
  const began: number[] = []
  const marks: number[] = []
  const running: number[] = []
  let current = -1
  let isRemoved = false

  const knownUntil = (): number => (marks.length < maxMarks ? Infinity : (marks.at(-1) as number))
  const enter = (id: number): number => {
    const before = current
    current = id
    if (marks.length < maxMarks) {
      running.push(id)
      marks.push(performance.now())
    }
    return before
  }
  const within = (id: number, emit: Emit, emitter: unknown, args: unknown[]): boolean => {
    const before = enter(id)
    try {
      return emit.apply(emitter, args)
    } finally {
      enter(before)
    }
  }

  const onStart = (message: unknown): void => {
    const { request, server } = message as Exchange
    request[tag] = began.length
    servers.add(server)
    if (began.length === 0) onBegin()
    began.push(performance.now())
    table.see(request[tag], `${request.method} ${request.url?.split('?', 1)[0]}`)
  }
  const onFinish = (message: unknown): void => {
    const { request } = message as Exchange
    const id = request[tag]
    const path = request.route?.path
    if (id === undefined || typeof path !== 'string') return
    table.name(id, `${request.method} ${request.baseUrl ?? ''}${path}`, () => expressHandlers(request))
  }
  const stack: number[] = []
  const onFastify = (message: unknown): void => {
    const { request, route } = message as FastifyMessage
    const id = request?.raw?.[tag] ?? -1
    stack.push(enter(id))
    const url = route?.url
    if (id < 0 || url === undefined) return
    const handler = request?.routeOptions?.handler
    table.name(id, `${request?.raw?.method} ${url}`, () =>
      typeof handler === 'function' ? [handler as RouteHandler] : [],
    )
  }
  // Names also the requests that are refused before their handler. Apps that were made before the agent came have only those
  // that reach it.
  const onFastifyInstance = (message: unknown): void => {
    const { fastify } = message as { readonly fastify?: FastifyInstance }
    // Fastify takes no hook away: after the window it does nothing.
    fastify?.addHook('onRequest', (request, _reply, done) => {
      if (!isRemoved) nameRequest(request)
      done()
    })
  }
  const nameRequest = harmless(({ raw, routeOptions }: FastifyRequest) => {
    const id = raw[tag]
    if (id === undefined || routeOptions?.url === undefined) return
    table.name(id, `${raw.method} ${routeOptions.url}`, () => [routeOptions.handler])
  })
  const onFastifyEnd = (): void => void enter(stack.pop() ?? -1)
  const subscriptions = [
    ['http.server.request.start', onStart],
    ['http.server.response.finish', onFinish],
    ['fastify.initialization', onFastifyInstance],
    ['tracing:fastify.request.handler:start', onFastify],
    ['tracing:fastify.request.handler:end', onFastifyEnd],
    ['tracing:fastify.request.handler:asyncStart', onFastify],
    ['tracing:fastify.request.handler:asyncEnd', onFastifyEnd],
  ].map(([channel, listener]) => [channel as string, harmless(listener as (message: unknown) => void)] as const)
  for (const [channel, listener] of subscriptions) subscribe(channel, listener)

  const restore = [
    replaceEmit(IncomingMessage.prototype, (emit) => {
      return function emitOfRequest(this: unknown, ...args: unknown[]): boolean {
        const id = (this as Tagged)[tag]
        if (id === undefined || (args[0] !== 'data' && args[0] !== 'end')) return emit.apply(this, args)
        return within(id, emit, this, args)
      }
    }),
    ...[Server.prototype, HttpsServer.prototype].map((prototype) =>
      replaceEmit(prototype, (emit) => {
        return function emitOfServer(this: unknown, ...args: unknown[]): boolean {
          if (args[0] === 'listening' && began.length === 0) harmless(onBegin)()
          const id = args[0] === 'request' ? (args[1] as Tagged | undefined)?.[tag] : undefined
          return id === undefined ? emit.apply(this, args) : within(id, emit, this, args)
        }
      }),
    ),
  ]

  return {
    table,
    servers,
    routesAt(times) {
      let at = 0
      const until = knownUntil()
      return times.map((time) => {
        if (time >= until) return -1
        while (at < marks.length && (marks[at] as number) <= time) at++
        return at === 0 ? -1 : table.routeOf(running[at - 1] as number)
      })
    },
    knownUntil,
    countSince: (start) => began.filter((at) => at >= start).length,
    requestsSince(start) {
      const counts = Array<number>(table.names.length).fill(0)
      for (let id = 0; id < began.length; id++) {
        const route = table.routeOf(id)
        if (route >= 0 && (began[id] as number) >= start) counts[route] = (counts[route] as number) + 1
      }
      return counts
    },
    remove() {
      isRemoved = true
      for (const [channel, listener] of subscriptions) unsubscribe(channel, listener)
      for (const put of restore) put()
    },
  }
}

/** A function of the agent that runs inside of the app, which it must never fail: a route is an extra. */
function harmless<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      run(...args)
    } catch {
      // An app whose framework differs from what is known has fewer routes.
    }
  }
}

type Emit = (this: unknown, ...args: unknown[]) => boolean

/** Gives a prototype an `emit` of its own above the inherited one. Returns a function that takes it away. */
function replaceEmit(prototype: object, make: (inherited: Emit) => Emit): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, 'emit')
  const { emit } = prototype as { emit: Emit }
  const value = make(emit)
  Object.defineProperty(prototype, 'emit', { value, writable: true, enumerable: false, configurable: true })
  return () => {
    // What another tool put above it since stays, and goes on calling it.
    if (Object.getOwnPropertyDescriptor(prototype, 'emit')?.value !== value) return
    if (before === undefined) delete (prototype as { emit?: unknown }).emit
    else Object.defineProperty(prototype, 'emit', before)
  }
}

/** Express leaves the matched route on the request. */
function expressHandlers({ route, method }: Tagged): RouteHandler[] {
  const layers = (route?.stack ?? []).filter(
    (layer) => layer.method === undefined || layer.method === method?.toLowerCase(),
  )
  return layers.map(({ handle }) => handle).filter((handle): handle is RouteHandler => typeof handle === 'function')
}
