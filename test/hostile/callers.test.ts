// The callers in other languages before a server that is no daemon: a line for each payload, whatever it answers.
import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { onTestFinished, test, expect } from 'vitest'
import { socketFolder } from '../support/daemon.ts'
import { needTool } from '../support/tools.ts'
import { callWith, commandOf, languages } from '../callers/callers.ts'

const file = socketFolder()

const response = (status: number, body: string, headers = ''): string =>
  `HTTP/1.1 ${status} X\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n${headers}\r\n${body}`

const answers: readonly string[] = [
  '',
  'no HTTP at all',
  `\xf5SDLN\n${'\0'.repeat(200)}`,
  'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx',
  'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n',
  `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
  `HTTP/1.1 ${'9'.repeat(100_000)}`,
  response(422, ''),
  response(422, 'not JSON'),
  response(422, 'null'),
  response(422, '[]'),
  response(422, '{"code":7}'),
  response(422, '{"code":null}'),
  response(422, '{"code":"a\\n200 forged 1"}'),
  response(422, '{}'),
  response(422, '\xff\xfe'),
  response(999, '{"code":"limit.bytes"}'),
]

test.for(languages)('$name', { timeout: 120_000 }, async (language, context) => {
  needTool(language.tool, context)
  const path = file(`${language.name}.sock`)
  let next = 0
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answers[next++] ?? '', 'latin1'))
  })
  await once(server.listen(path), 'listening')
  onTestFinished(() => void server.close())
  const caller = callWith(commandOf(language), path, 'order')
  for (const _ of answers) caller.write('[1]')
  expect(await caller.end()).toBe(0)
  const lines = caller.lines()
  expect(lines.length).toBe(answers.length)
  expect(lines.filter((line) => !/^(?:- unavailable 0|200 - 0|999 limit\.bytes \d+)$/.test(line))).toEqual([])
})
