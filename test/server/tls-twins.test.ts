// The files and the address of --tls-listen: both daemons accept the same, and refuse the rest with the same text and code.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { Daemon, daemonKinds, needDaemon, socketFolder, withoutProgram, type DaemonKind } from '../support/daemon.ts'
import { contractOf } from '../support/locks.ts'
import { TestCa } from '../support/tls-files.ts'
import { needTool } from '../support/tools.ts'
import { tlsFiles } from './tls-kit.ts'

const file = socketFolder()
const files = tlsFiles(file('ca'))
const contract = file('order.lock.json', contractOf({}, { name: 'order' }).lock)
const junk = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

interface Given {
  readonly listen?: string
  readonly cert?: string
  readonly key?: string
  readonly ca?: string
  readonly more?: readonly string[]
}

/** How a daemon with these files ends by itself; without `more` it checks them only. */
async function outputOf(kind: DaemonKind, given: Given): Promise<unknown> {
  const { server, ca } = files()
  const { listen = '127.0.0.1:7443', cert = server.cert, key = server.key, more = ['--check'] } = given
  const args = ['--socket', file(`${kind}.sock`), '--contract', contract, '--tls-listen', listen]
  const all = [...args, '--tls-cert', cert, '--tls-key', key, '--tls-client-ca', given.ca ?? ca.cert, ...more]
  const daemon = new Daemon({ kind, args: all })
  const code = await daemon.exited
  const plain = (text: string): string => withoutProgram(text).replaceAll(kind, 'KIND')
  return { code, stdout: plain(daemon.stdout), stderr: plain(daemon.stderr) }
}

function keyWith(mode: number): string {
  const path = file(`${mode.toString(8)}.key`)
  copyFileSync(files().server.key, path)
  chmodSync(path, mode)
  return path
}

function encrypted(): string {
  const path = file('encrypted.key')
  const convert = ['pkcs8', '-topk8', '-in', files().server.key, '-out', path, '-passout', 'pass:x']
  spawnSync('openssl', convert)
  chmodSync(path, 0o600)
  return path
}

const selfSigned = (name: string, ...newKeyOptions: string[]): Given => TestCa.selfSigned(file(name), ...newKeyOptions)
const ec = (curve: string): Given => selfSigned(curve, 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`)
const cutOff = (path: string): string => readFileSync(path, 'utf8') + junk.slice(0, junk.indexOf('AAAA') + 4)

const rows: readonly (readonly [what: string, code: number, text: string, given: () => Given])[] = [
  ['good files', 0, 'would listen on 127.0.0.1:7443 over TLS', () => ({})],
  ['an address of IPv6', 0, 'would listen on [::1]:7443 over TLS', () => ({ listen: '[::1]:7443' })],
  ['a key of the group', 0, 'over TLS', () => ({ key: keyWith(0o640) })],
  ['a key that others may read', 2, 'others may read or replace it', () => ({ key: keyWith(0o604) })],
  ['a key that the group may replace', 2, 'others may read or replace it', () => ({ key: keyWith(0o660) })],
  ['a key of another certificate', 2, 'it is not the key of', () => ({ key: files().orders.key })],
  ['a key with a passphrase', 2, 'it holds no private key', () => ({ key: encrypted() })],
  ['a certificate as the key', 2, 'others may read', () => ({ key: files().server.cert })],
  ['an RSA key of 512 bits', 2, 'it holds no private key in PEM of a kind', () => selfSigned('rsa512', 'rsa:512')],
  ['an RSA key of 1,024 bits', 2, 'it holds no private key in PEM of a kind', () => selfSigned('rsa1024', 'rsa:1024')],
  ['an RSA key of 2,048 bits', 0, 'over TLS', () => selfSigned('rsa2048', 'rsa:2048')],
  ['a key of P-384', 0, 'over TLS', () => ec('P-384')],
  ['a key of P-521', 2, 'it holds no private key in PEM of a kind', () => ec('P-521')],
  ['a key of secp256k1', 2, 'it holds no private key in PEM of a kind', () => ec('secp256k1')],
  ['a key of Ed25519', 0, 'over TLS', () => selfSigned('ed25519', 'ed25519')],
  ['a key of Ed448', 2, 'it holds no private key in PEM of a kind', () => selfSigned('ed448', 'ed448')],
  ['no key', 2, 'it holds no private key', () => ({ key: privateFile('empty.key', '') })],
  ['a key that is not there', 2, 'there is no such file', () => ({ key: file('none') })],
  ['a certificate that is not there', 2, 'there is no such file', () => ({ cert: file('none') })],
  ['a directory', 2, 'it is a directory', () => ({ cert: '/' })],
  ['a lock as the certificate', 2, 'it holds no certificate in PEM', () => ({ cert: contract })],
  [
    'a certificate that is malformed',
    2,
    'it holds a certificate that is malformed',
    () => ({ cert: file('junk', junk) }),
  ],
  [
    'a chain that is malformed at its end',
    2,
    'it holds a certificate that is malformed',
    () => ({ cert: file('chain', readFileSync(files().server.cert, 'utf8') + junk) }),
  ],
  [
    'a CA whose file is cut off',
    2,
    'it holds a certificate that is malformed',
    () => ({ ca: file('cut-off', cutOff(files().ca.cert)) }),
  ],
  ['a CA that is malformed', 2, 'it holds a certificate that is malformed', () => ({ ca: file('junk', junk) })],
  ['no CA', 2, 'it holds no certificate in PEM', () => ({ ca: file('empty', '') })],
  [
    'an address that the machine does not have',
    1,
    'this machine does not have the address',
    () => ({ listen: '192.0.2.1:7443', more: [] }),
  ],
]

const privateFile = (name: string, content: string): string => {
  const path = file(name, content)
  chmodSync(path, 0o600)
  return path
}

test.for(rows)('%s', async ([, code, text, given], context) => {
  for (const kind of daemonKinds) needDaemon(kind, context)
  needTool('openssl', context)
  const made = given()
  const [node, sidelaned] = await Promise.all([outputOf('node', made), outputOf('sidelaned', made)])
  expect(sidelaned).toEqual(node)
  expect(node).toMatchObject({ code })
  expect(JSON.stringify(node)).toContain(text)
})

test('an address in use', async (context) => {
  for (const kind of daemonKinds) needDaemon(kind, context)
  needTool('openssl', context)
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const listen = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const [node, sidelaned] = await Promise.all(daemonKinds.map((kind) => outputOf(kind, { listen, more: [] })))
  expect(sidelaned).toEqual(node)
  expect(node).toMatchObject({ code: 1, stderr: `DAEMON: Cannot listen on ${listen}: it is in use\n` })
})
