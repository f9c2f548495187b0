// Both daemons in the same situations: exit codes, printed lines, log lines, answers and their texts are equal. A row is a
// situation; what it returns for one daemon must be what it returns for the other.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Contract } from '../../src/model/index.ts'
import { kinds, type FrameHeader } from '../../src/wire/index.ts'
import {
  ask,
  Daemon,
  daemonKinds,
  needDaemon,
  startDaemon,
  withoutProgram,
  type DaemonKind,
} from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { contractOf } from '../support/locks.ts'
import { frame, hello, preface, RawClient, request, type Frame } from './raw-client.ts'

const order = contractOf(
  { type: 'object', properties: { n: { type: 'integer' } } },
  { name: 'order', limits: { maxBytes: 10_000 } },
)
/** Milliseconds for a few hundred kilobytes. */
const slow = contractOf({}, { name: 'slow', compress: { codec: 'brotli', level: 11 } })
const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })

/** One daemon with a folder of its own, in which both have the same names. */
class Twin {
  readonly kind: DaemonKind
  readonly folder = freshFolder()
  readonly socket = join(this.folder, 's.sock')

  constructor(kind: DaemonKind) {
    this.kind = kind
    for (const { name, lock } of [order, slow]) this.write(`locks/${name}.lock.json`, JSON.stringify(lock))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name)
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(path, content)
    return path
  }

  /** The daemon is expected to end by itself. */
  async run(...args: readonly string[]): Promise<unknown> {
    return this.end(new Daemon({ kind: this.kind, args: this.#args(args) }))
  }

  async start(...args: readonly string[]): Promise<Daemon> {
    return startDaemon({ kind: this.kind, args: this.#args(args) })
  }

  /** With `{}` for the folder; the socket and the locks unless they are given. */
  #args(args: readonly string[]): string[] {
    const all = args.map((arg) => arg.replaceAll('{}', this.folder))
    const defaults = { '--socket': this.socket, '--contract': this.path('locks') }
    const missing = Object.entries(defaults).filter(([flag]) => !all.includes(flag))
    return [...all, ...missing.flat()]
  }

  /** How a daemon that ends by itself ends. */
  async end(daemon: Daemon): Promise<unknown> {
    const code = await daemon.exited
    return {
      code,
      stdout: this.plain(daemon.stdout),
      stderr: daemon.log.length > 0 ? this.log(daemon) : this.plain(daemon.stderr),
    }
  }

  /** The text without what belongs to one daemon alone. */
  plain(text: string): string {
    return withoutProgram(text.replaceAll(this.folder, 'FOLDER'))
  }

  /** The log lines without times, sizes and what names the daemon. */
  log({ log }: Daemon): unknown[] {
    const own = new Set([
      'time',
      'version',
      'daemon',
      'engine',
      'pid',
      'ms',
      'queue_us',
      'run_us',
      'threads',
      'millis',
      // Of pages too: they hold times.
      'out_bytes',
      'placement',
    ])
    return log.map((line) =>
      Object.fromEntries(
        Object.entries(line)
          .filter(([key]) => !own.has(key))
          .map(([key, value]) => [key, typeof value === 'string' ? this.plain(value) : value]),
      ),
    )
  }

  client(...contracts: readonly Contract[]): Promise<RawClient> {
    return RawClient.afterHello(this.socket, ...contracts)
  }
}

/** An answer without its times, and without the compressed bytes. */
const bare = (given: Frame | undefined): unknown => {
  if (given === undefined) return 'ended'
  const { kind, index, id, text } = given
  // An estimate.
  const { retryAfterMs, ...fields } = text ?? {}
  return { kind, index, id, ...fields, ...(retryAfterMs !== undefined && { retryAfterMs: 'some' }) }
}

const page = async (twin: Twin, path: string, options: Parameters<typeof ask>[2] = {}): Promise<unknown> => {
  const { status, headers, body } = await ask(twin.socket, path, options)
  const own = new Set(['date', 'sidelane-queue-us', 'sidelane-run-us', 'sidelane-engine', 'retry-after'])
  const isText = /json|text/.test(String(headers['content-type']))
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name))),
    ...(isText && { body: twin.plain(body.toString()).replaceAll(/"retryAfterMs":\d+/g, '"retryAfterMs":1') }),
  }
}

type Row = readonly [situation: string, act: (twin: Twin) => unknown]

const run =
  (...args: readonly string[]): Row[1] =>
  (twin) =>
    twin.run(...args)

/** At the start, with a file or a folder made ahead. */
const odd =
  (make: (twin: Twin) => unknown, ...args: readonly string[]): Row[1] =>
  (twin) => {
    make(twin)
    return twin.run(...args)
  }

const fifo = (twin: Twin, name: string): unknown => spawnSync('mkfifo', [twin.path(name)])
const badLock =
  (content: string): Row[1] =>
  (twin) => {
    twin.write('bad.lock.json', content)
    return twin.run('--contract', '{}/bad.lock.json')
  }

const atTheStart: readonly Row[] = [
  ['an unknown option', run('--treads', '2')],
  ['an argument of the prototype', run('constructor')],
  ['a value out of range', run('--max-queue', '0')],
  ['a lock that is not there', run('--contract', '{}/none.lock.json')],
  ['a directory of locks that is not there', run('--contract', '{}/none')],
  ['a lock that is empty', badLock('')],
  ['a lock that is no JSON', badLock('root:x:0:0:root')],
  ['a lock with a byte order mark', badLock('\ufeff{}')],
  ['a lock with a key twice', badLock('{"profile":"p1","profile":"p1"}')],
  ['a lock that is too deep', badLock('['.repeat(200))],
  ['a lock beyond its bound', badLock(JSON.stringify('x'.repeat(17_000_000)))],
  ['a lock with an unknown field', badLock(JSON.stringify({ ...order.lock, nothing: 1 }))],
  ['a lock with an unsupported keyword', badLock(JSON.stringify({ ...order.lock, schema: { not: {} } }))],
  ['a lock of another profile', badLock(JSON.stringify({ ...order.lock, profile: 'p2' }))],
  ['a lock without its key', badLock(JSON.stringify(keyed.lock))],
  [
    'a key that is too short',
    odd(
      (twin) => (twin.write('k.lock.json', JSON.stringify(keyed.lock)), twin.write('k', 'x')),
      '--contract',
      '{}/k.lock.json',
      '--digest-key-file',
      'keyed={}/k',
    ),
  ],
  ['a key for no contract', odd((twin) => twin.write('k', 'x'.repeat(32)), '--digest-key-file', 'nobody={}/k')],
  [
    'a key file that is not there',
    odd(
      (twin) => twin.write('k.lock.json', JSON.stringify(keyed.lock)),
      '--contract',
      '{}/k.lock.json',
      '--digest-key-file',
      'keyed={}/none',
    ),
  ],
  ['a FIFO as lock', odd((twin) => fifo(twin, 'f'), '--contract', '{}/f')],
  ['a FIFO in a directory of locks', odd((twin) => fifo(twin, 'locks/f.lock.json'))],
  ['a FIFO as configuration', odd((twin) => fifo(twin, 'f'), '--config', '{}/f')],
  [
    'a FIFO as key',
    odd(
      (twin) => (twin.write('k.lock.json', JSON.stringify(keyed.lock)), fifo(twin, 'f')),
      '--contract',
      '{}/k.lock.json',
      '--digest-key-file',
      'keyed={}/f',
    ),
  ],
  ['a device as lock', odd((twin) => symlinkSync('/dev/zero', twin.path('z')), '--contract', '{}/z')],
  ['a directory as configuration', run('--config', '{}/locks')],
  ['a configuration that is not there', run('--config', '{}/none')],
  ['a configuration that is no JSON', odd((twin) => twin.write('c', 'root:x:0:0:root'), '--config', '{}/c')],
  ['a configuration that is a list', odd((twin) => twin.write('c', '[]'), '--config', '{}/c')],
  ['a configuration with an unknown key', odd((twin) => twin.write('c', '{"thread":1}'), '--config', '{}/c')],
  [
    'a configuration with a key that is no option',
    odd((twin) => twin.write('c', '{"a secret of 30 characters, so":1}'), '--config', '{}/c'),
  ],
  [
    'a configuration with a value of another type',
    odd((twin) => twin.write('c', '{"maxQueue":"secret"}'), '--config', '{}/c'),
  ],
  ['a file at the path of the socket', odd((twin) => twin.write('s.sock', 'x'))],
  ['a directory at the path of the socket', odd((twin) => mkdirSync(twin.path('s.sock')))],
  ['a link at the path of the socket', odd((twin) => symlinkSync(twin.write('x', 'x'), twin.path('s.sock')))],
  ['no directory for the socket', run('--socket', '{}/none/s.sock')],
  ['a file as directory of the socket', odd((twin) => twin.write('x', 'x'), '--socket', '{}/x/s.sock')],
  ['a path of a socket that is too long', run('--socket', `{}/${'x'.repeat(120)}`)],
  [
    'a directory that others may write',
    odd(
      (twin) => {
        mkdirSync(twin.path('open'))
        chmodSync(twin.path('open'), 0o777)
      },
      '--socket',
      '{}/open/s.sock',
    ),
  ],
  [
    'a socket in use',
    async (twin) => {
      const first = await twin.start()
      const second = await twin.run()
      return [second, await first.stop()]
    },
  ],
  [
    'a socket of a program that does not answer',
    async (twin) => {
      const server = createServer(() => {}).listen(twin.socket)
      const result = await twin.run()
      server.close()
      return result
    },
  ],
]

const exchange =
  (args: readonly string[], act: (client: RawClient, twin: Twin) => Promise<unknown>): Row[1] =>
  async (twin) => {
    const daemon = await twin.start('--log-sample', '1', ...args)
    const client = await twin.client(order, slow)
    const result = await act(client, twin)
    client.socket.destroy()
    return [result, await daemon.stop(), sorted(twin.log(daemon))]
  }

const sorted = (list: readonly unknown[]): unknown[] =>
  list.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))

const answers =
  (count: number, ...frames: readonly Buffer[]): ((client: RawClient) => Promise<unknown>) =>
  async (client) => {
    client.send(...frames)
    return sorted((await client.frames(count)).map(bare))
  }

const long = JSON.stringify('x'.repeat(300_000))
/** Takes long: what is sent behind it is read meanwhile. */
const slowest = JSON.stringify(randomBytes(250_000).toString('base64'))

const framed: readonly Row[] = [
  ['an accepted and a rejected payload', exchange([], answers(2, request(1, '{"n":1}'), request(2, '{"n":"x"}')))],
  [
    'a syntax error, a key twice, no bytes',
    exchange([], answers(3, request(1, '{"n"'), request(2, '{"n":1,"n":1}'), request(3, ''))),
  ],
  ['a REQUEST with no time left', exchange([], answers(1, request(1, '{"n":1}', { a: 0 })))],
  [
    'REQUESTs with no time left beside others',
    exchange(
      [],
      answers(4, request(1, '{}', { a: 0 }), request(2, '{}'), request(3, '', { a: 0 }), request(4, '{"n":2}')),
    ),
  ],
  ['a REQUEST with no time left, beyond the cap of its contract', exchange([], answers(1, request(1, long, { a: 0 })))],
  ['a REQUEST with no time left, for no contract', exchange([], answers(1, request(1, '{}', { a: 0, index: 9 })))],
  [
    'a REQUEST with no time left, above the requests in flight',
    exchange(['--max-in-flight', '1'], answers(2, request(1, long, { index: 1 }), request(2, '{}', { a: 0 }))),
  ],
  ['a payload above maxBytes', exchange([], answers(1, request(1, JSON.stringify('x'.repeat(11_000)))))],
  ['a REQUEST above the cap', exchange([], answers(1, request(1, Buffer.alloc(1_100_000, 0x20))))],
  [
    'a REQUEST above twice the cap',
    exchange(
      [],
      async (client) => (
        client.send(frame({ kind: kinds.request, id: 1, length: 3_000_000 })),
        (await client.rest()).map(bare)
      ),
    ),
  ],
  ['a REQUEST for no contract', exchange([], answers(1, request(1, '{}', { index: 7 })))],
  [
    'REQUESTs above those in flight',
    exchange(['--max-in-flight', '1'], answers(3, request(1, long, { index: 1 }), request(2, '{}'), request(3, '{}'))),
  ],
  ['a CANCEL of nothing', exchange([], answers(1, frame({ kind: kinds.cancel, id: 5 }), request(9, '{}')))],
  [
    'a CANCEL of a request that waits',
    exchange(['--threads', '1'], async (client) => {
      client.send(
        request(1, slowest, { index: 1 }),
        request(2, '2', { index: 1 }),
        request(3, '3', { index: 1 }),
        frame({ kind: kinds.cancel, id: 3 }),
      )
      return (await client.frames(3)).map(bare).filter((answer) => (answer as FrameHeader).id === 3)
    }),
  ],
  [
    'requests that wait when their client is gone',
    async (twin) => {
      const daemon = await twin.start('--threads', '1')
      const client = await twin.client(slow)
      client.send(...Array.from({ length: 8 }, (_, i) => request(i + 1, slowest)), frame({ kind: kinds.ping }))
      while ((await client.frame())?.kind !== kinds.pong);
      client.socket.destroy()
      const cancelled = /^sidelane_requests_total\{contract="slow",protocol="framed",code="cancelled"\} [1-9]/m
      await expect.poll(async () => (await ask(twin.socket, '/metrics')).body.toString()).toMatch(cancelled)
      return daemon.stop()
    },
  ],
  ['a PING', exchange([], answers(1, frame({ kind: kinds.ping, id: 4, payload: 'x' })))],
  [
    'contracts that are unknown or differ',
    async (twin) => {
      const daemon = await twin.start()
      const client = await RawClient.connect(twin.socket)
      const other = { id: 'ab'.repeat(32), name: 'order' }
      client.send(
        preface,
        hello([
          { contract: { id: order.id, name: 'none' } },
          { contract: other },
          { contract: order, key: Buffer.alloc(32) },
        ]),
      )
      const answer = await client.frame()
      client.socket.destroy()
      // Behind the statuses each daemon has its own name.
      return [answer?.payload.subarray(0, 3 * 40).toString('hex'), await daemon.stop()]
    },
  ],
  ...(
    [
      ['another version', Buffer.from('f553444c4e0a0700', 'hex')],
      ['an unknown kind', Buffer.concat([preface, frame({ kind: 77 })])],
      ['an unknown flag', Buffer.concat([preface, hello([]), request(1, '{}', { flags: 8 })])],
      [
        'a HELLO that does not end',
        Buffer.concat([preface, frame({ kind: kinds.hello, payload: Buffer.of(1, 0, 9, 0, 1) })]),
      ],
      [
        'an id that does not grow',
        Buffer.concat([preface, hello([{ contract: order }]), request(2, '{}'), request(2, '{}')]),
      ],
      ['an id beyond 2^53', Buffer.concat([preface, frame({ kind: kinds.ping, id: 2 ** 53 })])],
    ] as const
  ).map(([what, bytes]): Row => [
    what,
    async (twin) => {
      const daemon = await twin.start()
      const client = await RawClient.connect(twin.socket)
      client.send(bytes)
      const first = await client.preface()
      const frames = (await client.rest()).filter(({ kind }) => kind !== kinds.hello).map(bare)
      return [first?.toString('hex'), frames, await daemon.stop()]
    },
  ]),
]

const post = (body: string, headers: Record<string, string> = {}): Parameters<typeof ask>[2] => ({ body, headers })
const http =
  (path: string, options?: Parameters<typeof ask>[2], ...args: readonly string[]): Row[1] =>
  async (twin) => {
    const daemon = await twin.start('--log-sample', '1', ...args)
    const result = await page(twin, path, options)
    return [result, await daemon.stop(), twin.log(daemon)]
  }

const overHttp: readonly Row[] = [
  ['an accepted payload', http('/v1/contracts/order/process', post('{"n":1}'))],
  ['a rejected payload', http('/v1/contracts/order/process', post('{"n":"x"}'))],
  ['a payload above maxBytes', http('/v1/contracts/order/process', post(`"${'x'.repeat(11_000)}"`))],
  ['an unknown contract', http('/v1/contracts/none/process', post('{}'))],
  ['a contract of the prototype', http('/v1/contracts/constructor/process', post('{}'))],
  ['a path of the prototype', http('/constructor')],
  ['a method that does not fit', http('/healthz', post('x'))],
  ['a deadline of 0', http('/v1/contracts/order/process', post('{}', { 'sidelane-deadline-ms': '0' }))],
  ['a deadline that is no number', http('/v1/contracts/order/process', post('{}', { 'sidelane-deadline-ms': 'soon' }))],
  ['a coding of the body', http('/v1/contracts/order/process', post('{}', { 'content-encoding': 'gzip' }))],
  [
    'a coding of the answer that there is not',
    http('/v1/contracts/order/process', post('{}', { accept: 'image/png' })),
  ],
]

const inOperation: readonly Row[] = [
  [
    'a reload that fails, then one that does not',
    async (twin) => {
      const daemon = await twin.start()
      const reload = async (event: string): Promise<void> => {
        const seen = daemon.log.filter((line) => line.event === event).length
        daemon.child.kill('SIGHUP')
        await expect.poll(() => daemon.log.filter((line) => line.event === event).length).toBe(seen + 1)
      }
      twin.write('locks/bad.lock.json', '{"profile":')
      await reload('reload_failed')
      twin.write('locks/bad.lock.json', JSON.stringify({ ...order.lock, schema: { not: {} } }))
      await reload('reload_failed')
      twin.write('locks/bad.lock.json', JSON.stringify(keyed.lock))
      await reload('reload_failed')
      rmSync(twin.path('locks/bad.lock.json'))
      fifo(twin, 'locks/bad.lock.json')
      await reload('reload_failed')
      rmSync(twin.path('locks/bad.lock.json'))
      await reload('reloaded')
      return [await daemon.stop(), twin.log(daemon)]
    },
  ],
  [
    'a reload sends GOAWAY',
    async (twin) => {
      const daemon = await twin.start()
      const client = await twin.client(order)
      twin.write('locks/more.lock.json', JSON.stringify({ ...order.lock, name: 'more' }))
      daemon.child.kill('SIGHUP')
      const goaway = bare(await client.frame())
      client.send(request(1, '{}'))
      const answer = bare(await client.frame())
      client.socket.destroy()
      return [goaway, answer, await daemon.stop()]
    },
  ],
  ...(['SIGTERM', 'SIGINT'] as const).map((signal): Row => [
    `${signal}: requests in flight are answered`,
    async (twin) => {
      const daemon = await twin.start('--log-sample', '1')
      const client = await twin.client(order, slow)
      // The PING behind the request says that it has been read.
      client.send(request(1, '{"n":1}'), request(2, long, { index: 1 }), frame({ kind: kinds.ping }))
      const frames: Frame[] = []
      while (frames.at(-1)?.kind !== kinds.pong) frames.push((await client.frame()) as Frame)
      daemon.child.kill(signal)
      frames.push(...(await client.rest()))
      return [sorted(frames.map(bare)), await daemon.exited, sorted(twin.log(daemon)), existsSync(twin.socket)]
    },
  ]),
  [
    'a takeover',
    async (twin) => {
      const first = await twin.start()
      const client = await twin.client(order)
      const second = await twin.start('--takeover')
      const frames = (await client.rest()).map(bare)
      return [
        frames,
        await first.exited,
        twin.log(first),
        await second.stop(),
        twin.log(second),
        existsSync(twin.socket),
      ]
    },
  ],
  [
    'a socket that is deleted',
    async (twin) => {
      const daemon = await twin.start()
      rmSync(twin.socket)
      await daemon.event('republished')
      return [await daemon.stop(), twin.log(daemon)]
    },
  ],
  [
    'a log whose reader has closed it',
    async (twin) => {
      const daemon = await twin.start('--log-sample', '1')
      daemon.child.stderr?.destroy()
      const pages = [await page(twin, '/v1/contracts/order/process', post('{"n":1}')), await page(twin, '/healthz')]
      return [pages, await daemon.stop()]
    },
  ],
]

const groups: Readonly<Record<string, readonly Row[]>> = {
  'at the start': atTheStart,
  'framed requests': framed,
  'requests over HTTP': overHttp,
  'in operation': inOperation,
}

describe.each(daemonKinds)('the log of %s', (kind) => {
  test(
    'has the code of each request that was not accepted, and who processed it',
    { timeout: 60_000 },
    async (context) => {
      needDaemon(kind, context)
      const twin = new Twin(kind)
      const daemon = await twin.start('--log-sample', '1')
      const client = await twin.client(order)
      client.send(request(1, '{"n":1}'), request(2, '{"n":"x"}'), request(3, '{'), request(4, '{}', { index: 9 }))
      client.send(request(5, '{}', { a: 0 }))
      const late = (await client.frames(5)).find(({ id }) => id === 5)
      expect(late?.text).toMatchObject({ code: 'deadline.exceeded', params: { where: 'door' } })
      client.socket.destroy()
      await page(twin, '/v1/contracts/order/process', post('{"n":"x"}'))
      await page(twin, '/v1/contracts/order/process', post('{}', { 'content-encoding': 'gzip' }))
      await page(twin, '/v1/contracts/none/process', post('{}'))
      await page(twin, '/none')
      await page(twin, '/healthz', post('x'))
      await page(twin, '/healthz')
      expect(await daemon.stop()).toBe(0)
      const lines = daemon.log.filter(({ event }) => event === 'request')
      expect(sorted(lines.map(({ route, status, code }) => [route, status, code ?? 'none']))).toEqual([
        ['', 404, 'contract.unknown'],
        ['', 404, 'contract.unknown'],
        ['', 404, 'protocol.not_found'],
        ['', 405, 'protocol.method'],
        ['/healthz', 200, 'none'],
        ['order', 200, 'none'],
        ['order', 400, 'parse.syntax'],
        ['order', 415, 'codec.unknown'],
        ['order', 422, 'validate.failed'],
        ['order', 422, 'validate.failed'],
        ['order', 504, 'deadline.exceeded'],
      ])
      const engine = kind === 'sidelaned' ? 'native' : (expect.stringMatching(/^(native|js)$/) as string)
      for (const line of lines.filter(({ route }) => route === 'order')) {
        expect(line).toMatchObject({ placement: 'sidecar', engine })
      }
      expect(lines.find(({ route }) => route === '/healthz')).not.toHaveProperty('placement')
    },
  )
})

for (const [group, rows] of Object.entries(groups)) {
  describe(group, () => {
    test.for(rows)('%s', { timeout: 60_000 }, async ([, act], context) => {
      for (const kind of daemonKinds) needDaemon(kind, context)
      const results = await Promise.all(daemonKinds.map((kind) => act(new Twin(kind))))
      expect(results[1]).toEqual(results[0])
      const text = JSON.stringify(results)
      expect(text, 'no part of a file').not.toMatch(/root:x|secret/)
      if (group === 'at the start') expect(text, 'a lock is no payload').not.toMatch(/payload/i)
    })
  })
}
