// What every adapter does, whatever the framework: run by the test of each.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { brotliDecompressSync, constants, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineContract, norm } from '../../src/contract/define/index.ts'
import { createHost } from '../../src/create.ts'
import { decompress } from '../../src/engine/index.ts'
import {
  SidelaneError,
  type Codec,
  type Contract,
  type FaultCode,
  type Processor,
  type ProcessOptions,
  type SidelaneErrorOptions,
} from '../../src/model/index.ts'
import { ConditionVariable } from '../support/condition-variable.ts'
import { needEngine } from '../support/need.ts'
import { answerOf, json, open, send, type Answer } from './client.ts'

type AnyProcessor = Processor<unknown, unknown, boolean, boolean>

/** A server with the routes of an app. */
export interface Served {
  readonly port: number
  readonly close: () => Promise<unknown>
}

export interface App {
  readonly processor: AnyProcessor
  readonly onError: (error: SidelaneError) => void
  /** A route ran its own handler. */
  readonly onHandler: () => void
}

/**
 * Serves: POST /canonical answers with the outcome; POST /orders stores it and answers 201 with its own JSON; GET /stored
 * sends what is stored; OPTIONS /canonical is the app's and answers 204.
 */
export type Serve = (app: App) => Promise<Served>

/** With types of its own, as in an app. */
export const order = (codec: Codec = 'gzip', maxBytes = 65_536) =>
  defineContract({
    name: 'order',
    schema: z.strictObject({
      id: z.int().min(1),
      email: norm(z.email(), ['trim', 'lower']),
      note: z.string().optional(),
    }),
    compress: { codec },
    limits: { maxBytes },
  })

export const text = '{ "id": 7, "email": " Ada@Example.org" }'
export const canonical = '{"email":"ada@example.org","id":7}'
const gzip = { 'content-encoding': 'gzip' }
const accept = (value: string): Record<string, string> => ({ 'accept-encoding': value })
const digestOf = (bytes: Uint8Array): string => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`

/** A processor whose calls end as `process` says. */
const stub = (process: (options: ProcessOptions) => Promise<never>, contract = order()): AnyProcessor =>
  ({ contract, state: 'ready', process: (_: unknown, options: ProcessOptions) => process(options) }) as never

export const failing = (code: FaultCode, options?: SidelaneErrorOptions): AnyProcessor =>
  stub(() => Promise.reject(new SidelaneError(code, options)))

export function describeFramework(name: string, serve: Serve): void {
  describe(name, () => {
    const closers: (() => Promise<unknown>)[] = []
    const errors: SidelaneError[] = []
    let handled = 0
    afterEach(async () => {
      for (const close of closers.splice(0).toReversed()) await close()
      errors.length = 0
      handled = 0
    })

    const start = async (processor: AnyProcessor): Promise<number> => {
      const served = await serve({
        processor,
        onError: (error) => void errors.push(error),
        onHandler: () => void handled++,
      })
      closers.push(served.close)
      return served.port
    }
    const startInline = async (contract: Contract = order()): Promise<number> => {
      const host = await createHost()
      closers.push(() => host.close())
      return start(host.processor(contract))
    }
    const expectProblem = ({ status, headers, json }: Answer, expectedStatus: number, code: string): void => {
      expect(headers['content-type']).toBe('application/problem+json')
      expect(json()).toMatchObject({ type: `urn:sidelane:${code}`, status: expectedStatus, code })
      expect(status).toBe(expectedStatus)
    }

    describe('an accepted payload', () => {
      test('is answered with the canonical JSON in the coding of the contract', async () => {
        const port = await startInline()
        const { status, headers, body } = await send(port, { headers: accept('gzip, br'), body: text })
        expect(status).toBe(200)
        expect(gunzipSync(body).toString()).toBe(canonical)
        expect(headers).toMatchObject({
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          vary: 'Accept-Encoding',
          'content-length': String(body.length),
          'repr-digest': digestOf(body),
        })
      })

      const codings: [Codec, string, ((body: Buffer) => Buffer) | undefined][] = [
        ['brotli', 'br', brotliDecompressSync],
        ['deflate', 'deflate', inflateSync],
        ['zstd', 'zstd', (body) => Buffer.from(decompress(body, 'zstd', { maxBytes: 1000 }))],
        ['deflate-raw', 'deflate-raw', undefined],
        ['none', '*', undefined],
      ]
      test.for(codings)('%s has the token %s, or none', async ([codec, accepted, decode], context) => {
        if (codec === 'zstd') needEngine('native', context)
        const port = await startInline(order(codec))
        const { headers, body } = await send(port, { headers: accept(`gzip, ${accepted}`), body: text })
        expect(headers['content-encoding']).toBe(decode && accepted)
        expect((decode?.(body) ?? body).toString()).toBe(canonical)
        expect(headers['repr-digest']).toBe(digestOf(body))
      })

      test.each([[undefined], ['br'], ['gzip;q=0'], ['identity, gzip;q=0.5'], ['']])(
        'is answered uncoded to Accept-Encoding %j',
        async (accepted) => {
          const port = await startInline()
          const headers = accepted === undefined ? {} : accept(accepted)
          const answer = await send(port, { headers, body: text })
          expect(answer.status).toBe(200)
          expect(answer.headers).not.toHaveProperty('content-encoding')
          expect(answer.headers.vary).toBe('Accept-Encoding')
          expect(answer.body.toString()).toBe(canonical)
        },
      )

      test('is refused with 406 when the client forbids every form', async () => {
        const port = await startInline()
        const answer = await send(port, { headers: accept('br, identity;q=0'), body: text })
        expectProblem(answer, 406, 'protocol.not_acceptable')
        expect(answer.json()['detail']).toBe('Accept-Encoding must allow gzip or identity.')
        expect(answer.headers.vary).toBe('Accept-Encoding')
      })

      test('has another ETag in another coding, and the same one the next time', async () => {
        const port = await startInline()
        const tagOf = async (accepted: string): Promise<unknown> =>
          (await send(port, { headers: accept(accepted), body: text })).headers.etag
        const coded = await tagOf('gzip')
        expect(coded).toMatch(/^"[^"]+"$/)
        expect(await tagOf('gzip')).toBe(coded)
        expect(await tagOf('identity')).not.toBe(coded)
      })

      test('goes to the handler of the app, which answers for itself', async () => {
        const port = await startInline()
        const { status, json } = await send(port, { path: '/orders', body: text })
        expect(status).toBe(201)
        expect(json()).toEqual({ digest: createHash('sha256').update(canonical).digest('hex') })
        expect(handled).toBe(1)
      })

      test('that is stored is sent again: with its validators, without a body to HEAD, and as 304', async () => {
        const port = await startInline()
        await send(port, { path: '/orders', headers: accept('gzip'), body: text })
        const stored = (headers: Record<string, string>, method = 'GET'): Promise<Answer> =>
          send(port, { method, path: '/stored', headers })
        const first = await stored(accept('gzip'))
        expect(gunzipSync(first.body).toString()).toBe(canonical)
        const etag = String(first.headers.etag)
        const plain = await stored({})
        expect(plain.body.toString()).toBe(canonical)
        expect(plain.headers.etag).not.toBe(etag)

        const head = await stored(accept('gzip'), 'HEAD')
        expect(head.body.length).toBe(0)
        expect(head.headers).toMatchObject({ etag, 'repr-digest': first.headers['repr-digest'] })

        for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
          const same = await stored({ ...accept('gzip'), 'if-none-match': condition })
          expect([same.status, same.headers.etag, same.headers.vary]).toEqual([304, etag, 'Accept-Encoding'])
          expect(same.body.length).toBe(0)
        }
        const other = await stored({ ...accept('identity'), 'if-none-match': etag })
        expect(other.status).toBe(200)
      })

      test('with If-None-Match on a POST is answered as without', async () => {
        const port = await startInline()
        expect((await send(port, { headers: { 'if-none-match': '*' }, body: text })).status).toBe(200)
      })
    })

    describe('a refused payload', () => {
      test('is a problem with a sentence for each issue; the handler does not run', async () => {
        const port = await startInline()
        const answer = await send(port, { path: '/orders', body: '{"id":0,"email":"ada@example.org"}' })
        expectProblem(answer, 422, 'validate.failed')
        expect(answer.json()).toEqual({
          type: 'urn:sidelane:validate.failed',
          title: 'The payload does not match the contract.',
          status: 422,
          code: 'validate.failed',
          detail: 'The value at /id must be at least 1.',
          issues: [
            {
              code: 'validate.failed',
              pointer: '/id',
              keyword: 'minimum',
              params: { limit: 1 },
              detail: 'The value at /id must be at least 1.',
            },
          ],
          truncated: false,
        })
        expect(handled).toBe(0)
      })

      test.each([
        ['not JSON', '{"id":', 'parse.syntax'],
        ['empty', '', 'parse.syntax'],
        ['a key twice', '{"id":1,"id":2,"email":"ada@example.org"}', 'parse.duplicate_key'],
      ])('%s is 400', async (_, body, code) => {
        expectProblem(await send(await startInline(), { body }), 400, code)
      })
    })

    describe('the body of a request', () => {
      test.each(['gzip', 'x-gzip', 'GZIP'])('is decoded from %s', async (coding) => {
        const port = await startInline()
        const answer = await send(port, { headers: { 'content-encoding': coding }, body: gzipSync(text) })
        expect([answer.status, answer.body.toString()]).toEqual([200, canonical])
      })

      test('of 60 KB, in many pieces, is read whole: coded and uncoded', async () => {
        const port = await startInline()
        const note = Array.from({ length: 60_000 }, (_, index) =>
          String.fromCharCode(97 + ((index * index) % 23)),
        ).join('')
        const payload = JSON.stringify({ id: 7, email: 'ada@example.org', note })
        for (const [headers, bytes] of [
          [{}, Buffer.from(payload)],
          [gzip, gzipSync(payload)],
        ] as const) {
          const req = open(port, { headers })
          const answer = answerOf(req)
          for (let at = 0; at < bytes.length; at += 997) req.write(bytes.subarray(at, at + 997))
          req.end()
          expect(JSON.parse((await answer).body.toString())).toMatchObject({ note })
        }
      })

      test.each(['br', 'gzip, gzip', 'zstd'])(
        'in %s is refused with 415, and the codings that are read',
        async (coding) => {
          const answer = await send(await startInline(), { headers: { 'content-encoding': coding }, body: 'x' })
          expectProblem(answer, 415, 'codec.unknown')
          expect(answer.headers['accept-encoding']).toBe('gzip, identity')
          expect(answer.json()['detail']).toBe('Content-Encoding must be identity or gzip.')
        },
      )

      test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
        'of the type %s is refused with 415',
        async (type) => {
          const answer = await send(await startInline(), { headers: { 'content-type': type }, body: text })
          expectProblem(answer, 415, 'protocol.media_type')
          expect(answer.headers.accept).toBe('application/json')
        },
      )

      test.each(['application/json; charset=utf-8', 'application/vnd.order+json', 'Application/JSON'])(
        'of the type %s is read',
        async (type) => {
          expect((await send(await startInline(), { headers: { 'content-type': type }, body: text })).status).toBe(200)
        },
      )

      const damaged: [string, Buffer][] = [
        ['damaged', Buffer.from('no gzip at all')],
        ['cut off', gzipSync(text).subarray(0, -6)],
        ['followed by other bytes', Buffer.concat([gzipSync(text), Buffer.from('more')])],
        ['followed by a zero byte', Buffer.concat([gzipSync(text), Buffer.alloc(1)])],
        ['followed by zero bytes', Buffer.concat([gzipSync(text), Buffer.alloc(512)])],
        ['of two members', Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))])],
        ['empty', Buffer.alloc(0)],
      ]
      test.each(damaged)('in gzip that is %s is refused with 422', async (_, body) => {
        expectProblem(await send(await startInline(), { headers: gzip, body }), 422, 'codec.corrupt')
      })
    })

    describe('a body over the limit of the contract', () => {
      const small = (): Contract => order('gzip', 1024)

      test('is refused by its Content-Length, before a byte of it', async () => {
        const req = open(await startInline(small()), { headers: { 'content-length': '1025' } })
        const answer = answerOf(req)
        req.flushHeaders()
        expectProblem(await answer, 413, 'limit.bytes')
        req.destroy()
      })

      test('is refused while it arrives', async () => {
        const req = open(await startInline(small()), {})
        const answer = answerOf(req)
        req.write(Buffer.alloc(1025, 0x20))
        expectProblem(await answer, 413, 'limit.bytes')
        req.destroy()
      })

      test('is refused while it arrives, when only its content is too long', async () => {
        const req = open(await startInline(small()), { headers: gzip })
        const answer = answerOf(req)
        // Without the end: zlib gives what it has.
        req.write(gzipSync(Buffer.alloc(200_000, 0x20), { level: 1 }).subarray(0, -8))
        expectProblem(await answer, 413, 'limit.bytes')
        req.destroy()
      })

      test('is refused when it never ends and has no content', async () => {
        const req = open(await startInline(small()), { headers: gzip })
        const answer = answerOf(req)
        const emptyBlock = Buffer.from([0, 0, 0, 0xff, 0xff])
        req.write(gzipSync('', { flush: constants.Z_NO_FLUSH }).subarray(0, 10))
        req.write(Buffer.alloc(100_000, emptyBlock))
        expectProblem(await answer, 413, 'limit.bytes')
        req.destroy()
      })

      test('of a client that sends all of it first: the client still reads the answer', async () => {
        const port = await startInline(small())
        expectProblem(await send(port, { body: Buffer.alloc(4_000_000, 0x20) }), 413, 'limit.bytes')
      })

      test('is accepted up to the limit itself', async () => {
        const port = await startInline(order('gzip', text.length))
        expect((await send(port, { body: text })).status).toBe(200)
        expect((await send(port, { headers: gzip, body: gzipSync(text) })).status).toBe(200)
        expect((await send(port, { body: `${text} ` })).status).toBe(413)
        expect((await send(port, { headers: gzip, body: gzipSync(`${text} `) })).status).toBe(413)
      })
    })

    describe('a fault', () => {
      test('overloaded is 429 with Retry-After in seconds', async () => {
        const answer = await send(await start(failing('overloaded', { retryAfterMs: 1500 })), { body: text })
        expectProblem(answer, 429, 'overloaded')
        expect(answer.headers['retry-after']).toBe('2')
      })

      test('a deadline is 504', async () => {
        expectProblem(await send(await start(failing('deadline.exceeded')), { body: text }), 504, 'deadline.exceeded')
      })

      test('a processor that is closed is 503 with Retry-After', async () => {
        const host = await createHost()
        const port = await start(host.processor(order()))
        await host.close()
        const answer = await send(port, { body: text })
        expectProblem(answer, 503, 'unavailable')
        expect(answer.headers['retry-after']).toBe('1')
        expect(errors).toEqual([])
      })

      test.each([['app.threw'], ['internal.panic'], ['contract.mismatch']] as const)(
        '%s is 500, and is reported to the app with its cause',
        async (code) => {
          const answer = await send(await start(failing(code, { cause: new Error('secret') })), { body: text })
          expectProblem(answer, 500, code)
          expect(answer.body.toString()).not.toContain('secret')
          expect(errors.map((error) => [error.code, (error.cause as Error).message])).toEqual([[code, 'secret']])
        },
      )
    })

    describe('a client that goes', () => {
      test('cancels the call: its signal is aborted, and the handler does not run', async () => {
        const calls = new ConditionVariable()
        const aborts = new ConditionVariable()
        const [called, aborted] = [calls.wait(), aborts.wait()]
        const port = await start(
          stub(({ signal }) => {
            calls.notifyAll()
            return new Promise((_, reject) => {
              signal?.addEventListener('abort', () => {
                aborts.notifyAll()
                reject(new SidelaneError('cancelled'))
              })
            })
          }),
        )
        const req = open(port, { path: '/orders', headers: json })
        req.on('error', () => {})
        req.end(text)
        await called
        req.destroy()
        await aborted
        // What follows the rejection has run by then.
        await new Promise((resolve) => void setImmediate(resolve))
        expect([handled, errors]).toEqual([0, []])
      })

      test('while it sends the body: the payload is not processed', async () => {
        let calls = 0
        const port = await start(stub(() => Promise.reject(new Error(`call ${++calls}`))))
        const req = open(port, { headers: { 'content-length': '100' } })
        req.on('error', () => {})
        req.write('{')
        await once(req, 'socket')
        await new Promise((resolve) => void setTimeout(resolve, 50))
        req.destroy()
        // Another request is answered meanwhile.
        await send(port, { body: text })
        expect([calls, errors.length]).toEqual([1, 1])
      })

      test('is not confused with one that has sent all of its body', async () => {
        const port = await start(
          stub(async ({ signal }) => {
            await new Promise((resolve) => void setTimeout(resolve, 30))
            throw new SidelaneError(signal?.aborted === true ? 'cancelled' : 'deadline.exceeded')
          }),
        )
        expectProblem(await send(port, { body: text }), 504, 'deadline.exceeded')
      })
    })

    test('OPTIONS is left to the app', async () => {
      expect((await send(await startInline(), { method: 'OPTIONS' })).status).toBe(204)
    })
  })
}
