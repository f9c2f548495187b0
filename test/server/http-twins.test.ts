// Both daemons answer the same HTTP requests with the same bytes: methods and paths on the socket and on the listener of
// metrics, lengths, chunk lines, trailers. What each answer has to be is in test/vectors/http and the tests of each daemon.
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import type { LockDocument } from '../../src/model/index.ts'
import { daemonKinds, isBuilt, needDaemon, socketFolder, startDaemon, type DaemonKind } from '../support/daemon.ts'
import { freePort } from '../support/free-port.ts'
import { httpVectors, RawHttp } from './http-kit.ts'

const file = socketFolder()
const lock = httpVectors[0]?.[1].lock as LockDocument
const process1 = '/v1/contracts/Order_v1.2/process'
const body = '{"id":" a "}'

/** A socket file and a port. */
const places = new Map<DaemonKind, readonly [string, number]>()

beforeAll(async () => {
  const contract = file('order.lock.json', lock)
  for (const kind of daemonKinds.filter(isBuilt)) {
    const [socket, port] = [file(`${kind}.sock`), await freePort('127.0.0.1')]
    const listen = ['--socket', socket, '--metrics-listen', `127.0.0.1:${port}`]
    const daemon = await startDaemon({ kind, args: [...listen, '--contract', contract] })
    places.set(kind, [socket, port])
    afterAll(() => daemon.stop())
  }
})

/** All responses to the bytes and to the request behind them, without what differs between two daemons or two moments. */
async function answerOf(place: string | number, bytes: string): Promise<unknown> {
  const http = new RawHttp(place)
  await http.send(Buffer.from(`${bytes}GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 'latin1'))
  await http.end()
  const own = /^(?:date|sidelane-(?:queue-us|run-us|engine)): .*$/gim
  const text = http.rest.replaceAll(own, '')
  http.close()
  return text
}

async function compare(context: TestContext, requests: readonly string[], at: 0 | 1): Promise<void> {
  for (const kind of daemonKinds) needDaemon(kind, context)
  for (const request of requests) {
    const [node, sidelaned] = await Promise.all(
      (['node', 'sidelaned'] as const).map((kind) => answerOf((places.get(kind) as [string, number])[at], request)),
    )
    expect(sidelaned, JSON.stringify(request.slice(0, 300))).toEqual(node)
    expect(node).toMatch(/^HTTP\/1\.1 \d/)
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'M-SEARCH', 'PURGE']
const paths = [
  ...['/healthz', '/readyz', '/v1/contracts', '/openapi.json', process1, '/v1/contracts/none/process', '/', '/v1'],
  ...['/v1/contracts//process', '/healthz/', '/healthz?x=1', 'http://a/readyz', 'http://a', '*', '//healthz'],
  ...[`${process1}/`, '/healthz#a', '/%68ealthz', '/v1/contracts/a/b/process', 'https://a/healthz', '/metrics/'],
]
const fields = [
  ...[
    '',
    'Content-Length: 0\r\n',
    'Connection: close\r\n',
    'Proxy-Connection: close\r\n',
    'Sidelane-Deadline-Ms: 0\r\n',
    'Content-Encoding: gzip\r\n',
  ],
  ...['Expect: x\r\n', 'X: é\r\n', 'X: a\vb\r\n', 'X y: z\r\n', ': x\r\n', 'Host: y\r\n', 'Content-Length: +7\r\n'],
  ...['Content-Length: 1e1\r\n', 'Content-Length: 7,7\r\n', 'Transfer-Encoding: gzip, chunked\r\n'],
  ...['F: x\r\n'.repeat(70), `X: ${'x'.repeat(9000)}\r\n`],
]
const extensions = [
  ...[
    '',
    ';a',
    ';a=b',
    ';a="b c"',
    ';a="\\""',
    ';',
    ' ;a',
    ';a=',
    ';a b',
    ';=b',
    ';;a',
    ';a;b=c',
    '; a',
    ';a=é',
    '\t',
    ' ',
  ],
  ...[';a=b"c"', ';a="b"c', ';a="b', ';"a"', ';a=\x01', ';a\r', ';a\x7f'],
  ...[2000, 3000, 8000, 16_383, 16_384, 16_385, 17_000].map((size) => `;${'a'.repeat(size)}`),
  ...[16_381, 16_382, 16_384].map((size) => `;a="${'b'.repeat(size)}"`),
]
const trailers = [
  ...['A: b\r\n', 'bad\r\n', 'A : b\r\n', ' A: b\r\n', 'A: b\r\n c\r\n', 'A: \x01\r\n', 'A:\r\n'],
  ...[3000, 8188, 8190, 8191, 8192, 9000].map((size) => `A: ${'x'.repeat(size)}\r\n`),
  'T: v\r\n'.repeat(70),
]

const head = (method: string, path: string, more = ''): string => `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const chunked = (extension: string, last = '', trailer = ''): string =>
  `${head('POST', process1, 'Transfer-Encoding: chunked\r\n')}c${extension}\r\n${body}\r\n0${last}\r\n${trailer}\r\n`

const everywhere = methods.flatMap((method) => paths.map((path) => head(method, path)))

test('methods and paths on the socket', { timeout: 60_000 }, async (context) => {
  await compare(context, everywhere, 0)
})

test('methods and paths on the listener of metrics', { timeout: 60_000 }, async (context) => {
  await compare(context, everywhere, 1)
  await compare(context, [chunked(''), head('POST', '/healthz', 'Content-Length: 3\r\n') + 'abc'], 1)
})

test('header fields', { timeout: 60_000 }, async (context) => {
  await compare(
    context,
    ['GET', 'POST'].flatMap((method) => fields.map((field) => head(method, process1, field))),
    0,
  )
})

test('chunk lines and trailers', { timeout: 60_000 }, async (context) => {
  const sizes = ['0c', 'C', '-c', '+c', '0xc', '', 'ch'].map((size) =>
    chunked('').replace('\r\n\r\nc', `\r\n\r\n${size}`),
  )
  const requests = [
    ...extensions.flatMap((extension) => [chunked(extension), chunked('', extension)]),
    ...trailers.map((trailer) => chunked('', '', trailer)),
    ...sizes,
    // Refused before the body is read; the daemon then skips the body.
    ...extensions.map((extension) => chunked(extension).replace('POST', 'PUT')),
  ]
  await compare(context, requests, 0)
})
