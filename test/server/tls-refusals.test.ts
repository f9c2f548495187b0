// Who is refused at --tls-listen, by which reason, and that the others are served: the same in both daemons.
import { readFileSync, writeFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { daemonKinds, needDaemon, socketFolder } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'
import { TestCa, type Identity } from '../support/tls-files.ts'
import { needTool } from '../support/tools.ts'
import { textOf, TlsDaemon, tlsFiles } from './tls-kit.ts'
import { until } from '../support/until.ts'

const file = socketFolder()
const files = tlsFiles(file('ca'))
const { lock } = contractOf({ type: 'object' }, { name: 'order' })
const contract = file('order.lock.json', lock)

/** The file of --tls-client-ca. */
const clientCa = (kind: string): string => file(`${kind}-ca.crt`)

interface Attempt {
  readonly client?: () => Identity
  readonly options?: ConnectionOptions
}

const attempts: readonly (readonly [what: string, reason: string, attempt: Attempt])[] = [
  ['no certificate', 'no_certificate', {}],
  ['a key of P-521', 'no_certificate', { client: () => files().ca.issue('p521', { curve: 'P-521' }) }],
  ['a certificate of another CA', 'certificate', { client: () => new TestCa(file('other')).issue('orders') }],
  [
    'a certificate of another CA with the same name',
    'certificate',
    { client: () => new TestCa(file('twin')).issue('orders', { san: ['URI:spiffe://test/orders'] }) },
  ],
  ['a certificate for servers only', 'certificate', { client: () => files().server }],
  ['the certificate of the CA itself', 'certificate', { client: () => files().ca.own }],
  ['an expired certificate', 'expired', { client: () => issue('old', { from: -5, to: -2 }) }],
  ['a certificate that is not valid yet', 'expired', { client: () => issue('early', { from: 1, to: 2 }) }],
  ['a certificate without a name', 'san', { client: () => files().ca.issue('nameless') }],
  ['another name', 'san', { client: () => issue('other-name', {}, 'URI:spiffe://test/orders2') }],
  ['a part of a name', 'san', { client: () => issue('part', {}, 'URI:spiffe://test/order') }],
  ['a name that holds another one', 'san', { client: () => issue('holds', {}, 'DNS:spiffe.test,DNS:x.billing.test') }],
  ['a URI where a DNS name may connect', 'san', { client: () => issue('uri', {}, 'URI:billing.test') }],
  ['TLS 1.2', 'version', { client: () => files().orders, options: { maxVersion: 'TLSv1.2' } }],
  ['no protocol in ALPN', 'alpn', { client: () => files().orders, options: { ALPNProtocols: [] } }],
  ['another protocol in ALPN', 'alpn', { client: () => files().orders, options: { ALPNProtocols: ['h2'] } }],
]

const issue = (name: string, dates: { from?: number; to?: number }, san = 'URI:spiffe://test/orders'): Identity =>
  files().ca.issue(name, { san: san.split(','), usage: 'clientAuth', ...dates })

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((all, one) => all + one, 0)

let started = 0

describe.each(daemonKinds)('%s', (kind) => {
  const start = (args: readonly string[] = []): Promise<TlsDaemon> => {
    const { server, ca } = files()
    writeFileSync(clientCa(kind), readFileSync(ca.cert))
    return TlsDaemon.start({
      kind,
      socket: file(`${kind}-${++started}.sock`),
      contract,
      server,
      ca: clientCa(kind),
      args,
    })
  }
  const allow = ['--tls-allow-san', 'spiffe://test/orders', '--tls-allow-san', 'billing.test']

  test('each refusal is counted under its reason, and others are served before and after it', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start(allow)
    const { ca, orders, billing } = files()
    const counted: Record<string, number> = {}
    for (const [what, reason, { client, options }] of attempts) {
      expect(await daemon.serves(client?.(), ca.cert, options), what).toBe(false)
      counted[reason] = (counted[reason] ?? 0) + 1
      // The client may see the end before it is counted.
      await until(async () => sum(await daemon.refusals()) >= sum(counted))
      expect(await daemon.refusals(), what).toEqual(counted)
      expect(await daemon.serves(orders, ca.cert), what).toBe(true)
      expect(await daemon.serves(billing, ca.cert), what).toBe(true)
    }
    expect(await daemon.daemon.stop()).toBe(0)
    // Names only of certificates that the CA signed.
    const named = daemon.daemon.log.flatMap(({ event, peer }) => (event === 'peer_connected' ? [peer] : []))
    expect(named).toEqual(['spiffe://test/orders', 'billing.test'])
    const refused = daemon.daemon.log.filter(({ event, peer }) => event === 'refused' && peer !== undefined)
    for (const { reason } of refused) expect(['tls san', 'tls alpn']).toContain(reason)
  })

  test('without --tls-allow-san every client of the CA is served', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { ca, billing } = files()
    expect(await daemon.serves(billing, ca.cert)).toBe(true)
    expect(await daemon.serves(ca.issue('any'), ca.cert)).toBe(true)
    expect(await daemon.refusals()).toEqual({})
    await daemon.daemon.stop()
    const peers = daemon.daemon.log.flatMap(({ peer }) => (peer === undefined ? [] : [peer]))
    expect(peers).toEqual(['billing.test', expect.stringMatching(/^sha256:[0-9a-f]{32}$/)])
  })

  test('bytes that are no TLS are answered with nothing but an alert', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const plain = [
      'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n',
      '\xF5SDLN\n\x01\x00',
      'x'.repeat(100_000),
      '\x16\x03\x01\xFF\xFFx',
    ]
    for (const bytes of plain) {
      const socket = await daemon.tcp()
      const answer = textOf(socket)
      socket.end(Buffer.from(bytes, 'latin1'))
      // 21: an alert, of seven bytes.
      expect([undefined, 21]).toContain((await answer).codePointAt(0))
      expect((await answer).length).toBeLessThanOrEqual(7)
    }
    const { protocol = 0, closed = 0 } = await daemon.refusals()
    expect(protocol + closed).toBe(plain.length)
    expect(await daemon.serves(files().orders, files().ca.cert)).toBe(true)
    await daemon.daemon.stop()
  })

  test('the protocol is that of ALPN: bytes of the other one end the connection', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { ca, orders } = files()
    const mixed: readonly (readonly [string, string])[] = [
      ['sidelane/1', 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['http/1.1', '\xF5SDLN\n\x01\x00'],
    ]
    for (const [protocol, bytes] of mixed) {
      const socket = await daemon.connect(orders, ca.cert, { ALPNProtocols: [protocol] })
      const answer = textOf(socket)
      socket.write(Buffer.from(bytes, 'latin1'))
      expect(await answer).toBe('')
    }
    await daemon.daemon.stop()
  })

  test('a chain of more than 100 KB is refused', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { ca, orders } = files()
    const one = readFileSync(ca.cert, 'utf8')
    const cert = file(`${kind}-long.crt`)
    writeFileSync(cert, readFileSync(orders.cert, 'utf8') + one.repeat(400))
    expect(await daemon.serves({ cert, key: orders.key }, ca.cert)).toBe(false)
    expect(await daemon.refusals()).toEqual({ protocol: 1 })
    expect(await daemon.serves(orders, ca.cert)).toBe(true)
    await daemon.daemon.stop()
  })

  test('no session is resumed, and none allows early data', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { ca, orders } = files()
    let session: Buffer | undefined
    const first = await daemon.connect(orders, ca.cert)
    first.on('session', (given: Buffer) => (session = given))
    const answer = textOf(first)
    first.write('GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await answer
    const second = await daemon.connect(orders, ca.cert, session === undefined ? {} : { session })
    expect(second.isSessionReused()).toBe(false)
    second.destroy()
    await textOf(second)
    // The CA of clients is replaced: a client that was connected before is a stranger now.
    writeFileSync(clientCa(kind), readFileSync(new TestCa(file(`${kind}-next`)).cert))
    daemon.daemon.child.kill('SIGHUP')
    await daemon.daemon.event('reloaded')
    expect(await daemon.serves(orders, ca.cert, session === undefined ? {} : { session })).toBe(false)
    expect(await daemon.refusals()).toMatchObject({ certificate: 1 })
    await daemon.daemon.stop()
  })
})
