// Faults on HTTP connections: request smuggling, heads that are too large, other protocols, pipelining. The requests of
// test/vectors/http run concurrently here, while a client makes calls.
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type LockDocument } from '../../src/model/index.ts'
import { parseContract } from '../../src/contract/index.ts'
import { daemonKinds } from '../support/daemon.ts'
import { casesOf, httpVectors, play, RawHttp } from '../server/http-kit.ts'
import { mix, onDaemon } from './daemon-kit.ts'

const lock = httpVectors[0]?.[1].lock as LockDocument
const { id } = parseContract(lock)
const atOnce = 16

describe.each(daemonKinds)('%s', (kind) => {
  test.for(httpVectors)('F56–F59: %s', async ([, { cases }], context) => {
    await onDaemon(context, kind, async (row) => {
      writeFileSync(join(row.folder, 'locks', 'order.lock.json'), JSON.stringify(lock))
      row.daemon.child.kill('SIGHUP')
      await row.daemon.event('reloaded')
      const waiting = casesOf(kind, cases)
      const player = async (): Promise<void> => {
        for (let given = waiting.pop(); given !== undefined; given = waiting.pop()) {
          const { answers, closes } = given
          expect(await play(row.socket, given, id), given.title).toEqual({ answers, closes })
          await row.trial.offerAll(mix(2))
        }
      }
      await Promise.all(Array.from({ length: atOnce }, player))
    })
  })

  test('F58: other protocols and random bytes close the connection, most without a response', async (context) => {
    await onDaemon(context, kind, async (row) => {
      const inputs: Readonly<Record<string, Buffer>> = {
        'HTTP/2': Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        'a TLS hello': Buffer.from('16030100c8010000c40303', 'hex'),
        zeros: Buffer.alloc(100),
        'all bits': Buffer.alloc(100, 0xff),
        'a line of text': Buffer.from('hello\n\n'),
        SSH: Buffer.from('SSH-2.0-OpenSSH_9.0\r\n\r\n'),
      }
      for (const [what, bytes] of Object.entries(inputs)) {
        const socket = connect(row.socket).on('error', () => {})
        let received = ''
        socket.setEncoding('latin1').on('data', (text: string) => (received += text))
        socket.write(bytes)
        await expect.poll(() => socket.closed).toBe(true)
        expect(received, what).toMatch(/^(?:HTTP\/1\.1 (?:400|505) |$)/)
      }
      expect((await row.trial.offerAll(mix(20))).every(({ code }) => code === 'ok' || code === 'rejected')).toBe(true)
    })
  })

  test('F59: 100 requests in one write get their responses in order', async (context) => {
    await onDaemon(context, kind, async (row) => {
      const http = new RawHttp(row.socket)
      const requests = Array.from(
        { length: 100 },
        (_, i) => `POST /v1/contracts/raw/process HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n[${100 + i}]`,
      )
      await http.send(Buffer.from(requests.join('')))
      for (let i = 0; i < 100; i++) {
        const answer = await http.response()
        expect([answer?.status, answer?.headers.get('sidelane-in-bytes')]).toEqual([200, '5'])
      }
      http.close()
    })
  })

  test('F48: a connection closes during a request: that call fails, the next one succeeds', async (context) => {
    await onDaemon(
      context,
      kind,
      async (row) => {
        const http = new RawHttp(row.socket)
        await http.send(Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'))
        expect((await http.response())?.status).toBe(200)
        await http.send(
          Buffer.from('POST /v1/contracts/raw/process HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n[1'),
        )
        // A call of the client at the same time is retried.
        const call = sleep(5).then(() => row.trial.offer('[1]'))
        await row.kill()
        await http.end()
        http.close()
        expect(['ok', 'unavailable']).toContain((await call).code)
        await row.restart()
        await row.back()
      },
      { kills: true },
    )
  })
})
