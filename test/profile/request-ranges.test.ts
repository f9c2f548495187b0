// What the agent changes in an app never fails the app.
import { channel } from 'node:diagnostics_channel'
import { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { watchRequests } from '../../src/profile/agent/request-ranges.ts'

type Hook = (request: object, reply: unknown, done: () => void) => void

test('a Fastify without routeOptions, or one that throws, gets its requests answered', () => {
  const ranges = watchRequests(() => {})
  const hooks: Hook[] = []
  const fastify = { addHook: (_name: string, hook: Hook) => void hooks.push(hook) }
  channel('fastify.initialization').publish({ fastify })
  const raw = new IncomingMessage(new Socket())
  raw.method = 'GET'
  channel('http.server.request.start').publish({ request: raw, server: {} })
  let answered = 0
  const send = (request: object): void => hooks[0]?.(request, undefined, () => void answered++)
  send({ raw })
  send({
    raw,
    get routeOptions(): never {
      throw new Error('of the framework')
    },
  })
  expect(answered).toBe(2)
  send({ raw, routeOptions: { url: '/before', handler: () => {} } })
  ranges.remove()
  send({ raw, routeOptions: { url: '/after', handler: () => {} } })
  expect(answered).toBe(4)
  expect(ranges.table.names).toEqual(['GET /before'])
})

test('beyond the marks that are kept no route is known', () => {
  const ranges = watchRequests(() => {}, 3)
  onTestFinished(() => ranges.remove())
  const server = new Server(() => {})
  for (const path of ['/first', '/second']) {
    const request = new IncomingMessage(new Socket())
    Object.assign(request, { method: 'GET', url: path })
    channel('http.server.request.start').publish({ request, server })
    server.emit('request', request, new ServerResponse(request))
    ranges.table.name(path === '/first' ? 0 : 1, `GET ${path}`, () => [])
  }
  const until = ranges.knownUntil()
  expect(until).toBeLessThanOrEqual(performance.now())
  // The second request began with the third mark: what followed is not known.
  expect(ranges.routesAt([until, until + 1000])).toEqual([-1, -1])
})
