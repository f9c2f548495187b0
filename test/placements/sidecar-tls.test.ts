// The sidecar placement over TLS: who it trusts, several addresses, and certificates that are replaced.
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createProcessor, type Processor, type SidecarTlsOptions } from '../../src/index.ts'
import { daemonKinds, needDaemon, socketFolder } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'
import { TestCa, type Identity } from '../support/tls-files.ts'
import { needTool } from '../support/tools.ts'
import { TlsDaemon, tlsFiles, type TlsOptions } from '../server/tls-kit.ts'
import { until } from '../support/until.ts'

const file = socketFolder()
const files = tlsFiles(file('ca'))
const order = contractOf({ type: 'object', properties: { n: { type: 'integer' } } }, { name: 'order' })
const contract = file('order.lock.json', order.lock)

let started = 0

const tlsOf = (client: Identity): SidecarTlsOptions => ({ ...client, ca: files().ca.cert })

async function clientOf(
  socket: string | readonly string[],
  tls: SidecarTlsOptions = tlsOf(files().orders),
): Promise<Processor> {
  const processor = await createProcessor(order, { placement: 'sidecar', socket, tls, deadlineMs: 20_000 })
  onTestFinished(() => processor.destroy())
  return processor
}

describe.each(daemonKinds)('%s', (kind) => {
  const start = (own: Partial<TlsOptions> = {}): Promise<TlsDaemon> => {
    const { server, ca } = files()
    return TlsDaemon.start({ kind, contract, server, ca: ca.cert, socket: file(`${kind}-${++started}.sock`), ...own })
  }
  const again = (old: TlsDaemon): Promise<TlsDaemon> => start({ args: ['--tls-listen', `127.0.0.1:${old.port}`] })
  const kill = async ({ daemon }: TlsDaemon): Promise<void> => {
    daemon.child.kill('SIGKILL')
    await daemon.exited
  }
  /** The address that answers. */
  const used = (processor: Processor): string => /tls:\S+/.exec(processor.engine.reason)?.[0] ?? processor.engine.reason

  test('certificates are paths, text or bytes', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { cert, key, ca } = tlsOf(files().orders) as Record<'cert' | 'key' | 'ca', string>
    const forms: readonly SidecarTlsOptions[] = [
      { cert, key, ca },
      { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), ca: readFileSync(ca, 'utf8') },
      { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca), serverName: 'localhost' },
    ]
    for (const tls of forms) expect((await (await clientOf(daemon.address, tls)).process({ n: 1 })).ok).toBe(true)
    await daemon.daemon.stop()
  })

  test('a daemon of another CA or of another name is not trusted', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start()
    const { orders } = files()
    const other = new TestCa(file(`${kind}-other`)).cert
    const wrong: readonly SidecarTlsOptions[] = [
      { ...tlsOf(orders), ca: other },
      { ...tlsOf(orders), serverName: 'other.test' },
    ]
    for (const tls of wrong) {
      await expect(clientOf(daemon.address, tls)).rejects.toMatchObject({
        code: 'unavailable',
        params: { reason: 'tls' },
        message: expect.stringContaining(daemon.address),
      })
    }
    // None of them got further than the handshake.
    expect((await daemon.metrics())['connections']).toBe(0)
    await daemon.daemon.stop()
  })

  test('a daemon with the name in its subject alone is not trusted', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    for (const san of [[], ['URI:spiffe://test/localhost']]) {
      const { cert, key } = files().ca.issue('localhost', { san })
      chmodSync(key, 0o600)
      const daemon = await start({ server: { cert, key } })
      await expect(clientOf(daemon.address)).rejects.toMatchObject({ code: 'unavailable', params: { reason: 'tls' } })
      await daemon.daemon.stop()
    }
  })

  test('a client that is refused says so', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const daemon = await start({ args: ['--tls-allow-san', 'spiffe://test/other'] })
    await expect(clientOf(daemon.address)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('sidelane_tls_refused_total'),
    })
    await daemon.daemon.stop()
  })

  test('calls in flight on a lost daemon go to the next address, and back to the first', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const [first, second] = [await start(), await start()]
    const processor = await clientOf([first.address, second.address])
    expect(used(processor)).toBe(first.address)
    const ending = new AbortController()
    let answered = 0
    const load = Array.from({ length: 4 }, async () => {
      while (!ending.signal.aborted) {
        const outcome = await processor.process({ n: 1 })
        if (!outcome.ok) throw new Error(outcome.code)
        answered++
      }
    })
    const more = async (): Promise<void> => {
      const before = answered
      await until(async () => answered > before + 20)
    }
    await more()
    await kill(first)
    await more()
    expect(used(processor)).toBe(second.address)
    const back = await again(first)
    await until(async () => used(processor) === first.address)
    await more()
    // The other daemon has no connection left, and may end.
    await until(async () => (await second.metrics())['connections'] === 0)
    await kill(second)
    await more()
    ending.abort()
    await Promise.all(load)
    expect((await back.metrics())['connections']).toBe(1)
    await back.daemon.stop()
  })

  test('without any daemon calls fail at once, and succeed when one returns', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const [first, second] = [await start(), await start()]
    const processor = await clientOf([first.address, second.address])
    await kill(first)
    await kill(second)
    await expect(
      (async () => {
        for (;;) await processor.process({ n: 1 })
      })(),
    ).rejects.toMatchObject({ code: 'unavailable' })
    const back = await again(second)
    await until(() =>
      processor.process({ n: 1 }).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    expect(used(processor)).toBe(second.address)
    await back.daemon.stop()
  })

  test('files are read again for each connection; broken ones keep the old', async (context) => {
    needDaemon(kind, context)
    needTool('openssl', context)
    const { orders, billing } = files()
    const own = { cert: file(`${kind}.crt`), key: file(`${kind}.key`) }
    const install = ({ cert, key }: Identity): void => {
      copyFileSync(cert, own.cert)
      copyFileSync(key, own.key)
      chmodSync(own.key, 0o600)
    }
    install(orders)
    const daemon = await start()
    const processor = await clientOf(daemon.address, tlsOf(own))
    const reload = async (): Promise<void> => {
      daemon.daemon.child.kill('SIGHUP')
      const reloads = daemon.daemon.log.filter(({ event }) => event === 'reloaded').length
      await until(async () => {
        // GOAWAY ends the connection; the next call opens another one.
        expect((await processor.process({ n: 1 })).ok).toBe(true)
        return daemon.daemon.log.filter(({ event }) => event === 'reloaded').length > reloads
      })
    }
    install(billing)
    await until(async () => {
      await reload()
      return daemon.daemon.log.some(({ peer }) => peer === 'billing.test')
    })
    writeFileSync(own.cert, 'x')
    await reload()
    await reload()
    expect((await processor.process({ n: 1 })).ok).toBe(true)
    await daemon.daemon.stop()
  })
})

describe('options', () => {
  const tls = { cert: 'c', key: 'k', ca: 'a' }
  const wrong: readonly (readonly [what: string, options: object, message: string])[] = [
    [
      'tls:// without tls',
      { socket: 'tls://a:1' },
      'Expected `tls` with `cert`, `key` and `ca` for a socket of tls://',
    ],
    ['tls without tls://', { socket: '/s', tls }, 'Expected `socket` to have tls://HOST:PORT with `tls`'],
    ['no port', { socket: 'tls://a', tls }, 'Expected `socket` to be a path, tls://HOST:PORT, or an array'],
    ['a port out of range', { socket: 'tls://a:65536', tls }, 'Expected `socket` to be a path'],
    ['a path behind the port', { socket: 'tls://a:1/x', tls }, 'Expected `socket` to be a path'],
    ['a user', { socket: 'tls://u@a:1', tls }, 'Expected `socket` to be a path'],
    ['no address', { socket: [], tls }, 'Expected `socket` to be a path'],
    ['17 addresses', { socket: Array.from({ length: 17 }, () => 'tls://a:1'), tls }, 'Expected `socket` to be a path'],
    ['no key', { socket: 'tls://a:1', tls: { cert: 'c', ca: 'a' } }, 'Expected `tls` to have `key`'],
    [
      'a key of another type',
      { socket: 'tls://a:1', tls: { ...tls, key: 7 } },
      'Expected `key` to be PEM as text or bytes, or the path of a file, got a value of type number',
    ],
    [
      'an unknown field',
      { socket: 'tls://a:1', tls: { ...tls, pfx: 'x' } },
      'Expected the options of `tls` to be among cert, key, ca, serverName',
    ],
    [
      'a file that is not there',
      { socket: 'tls://a:1', tls: { ...tls, cert: file('none') } },
      `Expected \`tls\` to have certificates and a key in PEM: Cannot read the TLS certificate ${file('none')}`,
    ],
    [
      'text that is no certificate',
      { socket: 'tls://a:1', tls: { cert: Buffer.from('x'), key: Buffer.from('x'), ca: Buffer.from('x') } },
      'Expected `tls` to have certificates and a key in PEM',
    ],
  ]
  test.for(wrong)('%s', async ([, options, message]) => {
    await expect(createProcessor(order, { placement: 'sidecar', ...options })).rejects.toMatchObject({
      code: 'options.invalid',
      message: expect.stringContaining(message),
    })
  })
})
