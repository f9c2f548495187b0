// Both daemons have the same help, errors, pages and log lines. Their contents are tested in the other files.
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, type TestContext } from 'vitest'
import type { LockDocument } from '../../src/model/index.ts'
import {
  ask,
  Daemon,
  daemonKinds,
  isBuilt,
  needDaemon,
  socketFolder,
  startDaemon,
  withoutProgram,
  type DaemonKind,
  type Page,
} from '../support/daemon.ts'
import { httpVectors } from './http-kit.ts'

const file = socketFolder()
const lock = httpVectors[0]?.[1].lock as LockDocument
const contract = file('order.lock.json', lock)
const open = file('open')
mkdirSync(open)
chmodSync(open, 0o777)

function needBoth(context: TestContext): void {
  for (const kind of daemonKinds) needDaemon(kind, context)
}

async function both<T>(of: (kind: DaemonKind) => Promise<T>): Promise<readonly [T, T]> {
  return Promise.all([of('node'), of('sidelaned')])
}

async function outputOf(
  kind: DaemonKind,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const daemon = new Daemon({ kind, args, env })
  const code = await daemon.exited
  return { code, stdout: withoutProgram(daemon.stdout), stderr: withoutProgram(daemon.stderr) }
}

const testBoth = (name: string, args: readonly string[], env?: Record<string, string>): void =>
  test(name, async (context) => {
    needBoth(context)
    const [node, sidelaned] = await both((kind) => outputOf(kind, args, env))
    expect(sidelaned).toEqual(node)
  })

describe('options', () => {
  test('the help lists the same options, with the same text unless they differ', async (context) => {
    needBoth(context)
    const own = new Set(['--engine', '--placement', '--threads', '--allow-uid'])
    const [node, sidelaned] = await both(async (kind) => {
      const { stdout } = await outputOf(kind, ['--help'])
      const lines = [...stdout.matchAll(/^ {2}((--[a-z-]+).*)$/gm)]
      return lines.map(([, line, flag = '']) => (own.has(flag) ? flag : line))
    })
    expect(sidelaned).toEqual(node)
  })

  testBoth('the version', ['--version'])
  testBoth('--check', ['--socket', file('x.sock'), '--contract', contract, '--check'])

  const config = (content: unknown): string =>
    file(`${JSON.stringify(content).replaceAll(/\W+/g, '-')}.json`, content as object)
  const wrong: readonly (readonly [args: readonly string[], env?: Record<string, string>])[] = [
    [[]],
    [['order.lock.json']],
    [['--contract']],
    [['--nothing']],
    [['--threads', '0']],
    [['--threads', '1025']],
    [['--threads', '1.5']],
    [['--threads', 'many']],
    [['--threads']],
    [['--max-queue', '0']],
    [['--max-queue-ms', '60001']],
    [['--spin-us', '1001']],
    [['--max-bytes', '1048575']],
    [['--max-in-flight', '65536']],
    [['--max-connections', '0']],
    [['--deadline-ms', '60001']],
    [['--drain-ms', '600001']],
    [['--socket-mode', '0777']],
    [['--socket-mode', '9']],
    [['--socket-group', 'staff']],
    [['--memory-limit', '-1']],
    [['--metrics-listen', '0.0.0.0:9000']],
    [['--metrics-listen', '127.0.0.1']],
    [['--tls-listen', '7443']],
    [['--tls-listen', 'localhost:7443']],
    [['--tls-listen', '127.0.0.1:65536']],
    [['--tls-listen', '127.0.0.01:1']],
    [['--tls-listen', '::1:7443']],
    [['--tls-listen', '[::1%lo]:7443']],
    [['--tls-listen', '127.0.0.1:0']],
    [['--tls-listen', '127.0.0.1:0', '--tls-cert', 'c', '--tls-client-ca', 'a']],
    [['--tls-cert', 'c', '--tls-key', 'k']],
    [['--tls-allow-san', 'a.test']],
    [['--tls-allow-san', 'A.test']],
    [['--tls-allow-san', '*.test']],
    [['--tls-allow-san', '-a.test']],
    [['--tls-allow-san', 'spiffe://a,b']],
    [['--tls-allow-san', 'spiffe://']],
    [['--tls-allow-san', 'Spiffe://a']],
    [['--config', config({ tlsAllowSans: ['a.test', 7] })]],
    [['--log-sample', '1.1']],
    [['--log-sample', 'x']],
    [['--takeover=yes']],
    [['--socket', 'a', '--socket', 'b']],
    [['--socket', `/tmp/${'x'.repeat(104)}`]],
    [['--digest-key-file', 'order']],
    [['--config', file('none.json')]],
    [['--config', config({ thread: 1 })]],
    [['--config', config({ threads: '1' })]],
    [['--config', config({ contracts: 'a' })]],
    [['--config', config([])]],
    [['--config', file('broken.json', '{"threads":')]],
    [['--config', config({ 'a secret of 7': 1 })]],
    [['--config', '/']],
    [['--config', '/dev/zero']],
    [['--config', `${contract}/x`]],
    [['--contract', file('none.lock.json')]],
    [['--contract', '/dev/zero']],
    [['--contract', `${contract}/x`]],
    [
      [
        '--contract',
        file('keyed.lock.json', { ...lock, name: 'keyed', digest: 'hmac-sha-256' }),
        '--digest-key-file',
        'keyed=/',
      ],
    ],
    [['--socket', join(open, 's.sock')]],
    [['--socket', file('none/s.sock')]],
    [['--threads', '2'], { SIDELANED_NOTHING: '1' }],
    [[], { SIDELANED_THREADS: '0' }],
    [[], { SIDELANED_TAKEOVER: 'yes' }],
    [[], { SIDELANED_TLS_ALLOW_SANS: 'spiffe://a/b,c.test' }],
    [[], { SIDELANED_TLS_ALLOW_SANS: 'spiffe://a/b:c.test,' }],
  ]
  for (const [args, env = {}] of wrong) {
    const all = args.length === 0 && Object.keys(env).length === 0 ? [] : [...args, '--contract', contract]
    const shown = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...args].join(' ')
    testBoth(`the error for: ${shown === '' ? 'no options' : shown.replaceAll(/\/\S*\//g, '').slice(0, 80)}`, all, env)
  }
  testBoth('the error for a contract without its key', [
    '--contract',
    file('key.lock.json', { ...lock, digest: 'hmac-sha-256' }),
  ])

  const broken: readonly (readonly [what: string, path: string, pointer: string])[] = [
    ['is missing', file('none.lock.json'), ''],
    ['is not JSON', file('no.lock.json', '{'), ''],
    [
      'has an unsupported keyword',
      file('not.lock.json', { ...lock, schema: { type: 'object', not: {} } }),
      '/schema/not',
    ],
  ]
  test.for(broken)('the error for a lock that %s names the file and the place', async ([, path, pointer], context) => {
    needBoth(context)
    for (const { code, stderr } of await both((kind) => outputOf(kind, ['--contract', path]))) {
      expect(code).toBe(2)
      expect(stderr).toContain(path)
      expect(stderr).toContain(pointer)
    }
  })
})

describe('responses', () => {
  const running = new Map<DaemonKind, Daemon>()
  const socketOf = (kind: DaemonKind): string => file(`${kind}.sock`)

  beforeAll(async () => {
    for (const kind of daemonKinds.filter(isBuilt)) {
      const args = ['--socket', socketOf(kind), '--contract', contract, '--log-sample', '1']
      running.set(kind, await startDaemon({ kind, args }))
    }
  })

  const page = (path: string, body?: string): Promise<readonly [Page, Page]> =>
    both((kind) => ask(socketOf(kind), path, body === undefined ? {} : { body }))

  test.for(['/healthz', '/readyz', '/v1/contracts', '/openapi.json', '/nothing', '/v1/contracts/none/process'])(
    '%s',
    async (path, context) => {
      needBoth(context)
      const [node, sidelaned] = await page(path)
      const bare = ({ status, headers, body }: Page): unknown => ({
        status,
        headers: { ...headers, date: '' },
        body: body.toString(),
      })
      expect(bare(sidelaned)).toEqual(bare(node))
    },
  )

  test.for(['{"id":" a "}', '{"id":7}', '{"id"', '', `{"id":"${'a'.repeat(64)}"}`])('%s', async (payload, context) => {
    needBoth(context)
    const [node, sidelaned] = await page('/v1/contracts/order/process', payload)
    const own = new Set(['date', 'sidelane-queue-us', 'sidelane-run-us', 'sidelane-engine'])
    const bare = ({ status, headers, body }: Page): unknown => ({
      status,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.has(name))),
      body: body.toString(),
    })
    expect(bare(sidelaned)).toEqual(bare(node))
    expect(Object.keys(sidelaned.headers).sort()).toEqual(Object.keys(node.headers).sort())
  })

  test('metrics: names, types, help texts and labels', async (context) => {
    needBoth(context)
    const [node, sidelaned] = await page('/metrics')
    const shape = ({ body }: Page): string[] =>
      body
        .toString()
        .split('\n')
        .map((line) =>
          line
            .replace(/ [^ ]*$/, line.startsWith('#') ? '$&' : '')
            .replaceAll(/(version|daemon|engine)="[^"]*"/g, '$1'),
        )
        // These have samples only after a request.
        .filter((line) => !line.startsWith('sidelane_requests_total{'))
    expect(shape(sidelaned)).toEqual(shape(node))
  })

  test('log lines: events and the order of their keys', async (context) => {
    needBoth(context)
    const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
    const shapes = await both(async (kind) => {
      const daemon = running.get(kind) as Daemon
      await ask(socketOf(kind), '/v1/contracts/order/process', { body: '{"id":"a"}', headers: trace })
      daemon.child.kill('SIGHUP')
      await daemon.event('reloaded')
      expect(await daemon.stop()).toBe(0)
      const shape = new Set(daemon.log.map((line) => `${line.level} ${line.event} ${Object.keys(line).join()}`))
      return [...shape].sort()
    })
    expect(shapes[1]).toEqual(shapes[0])
  })
})
