// The listener of --tls-listen while another process still has the address.
import { once } from 'node:events'
import { createServer, Server, type AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { TlsListener } from '../../src/server/tls/acceptor.ts'

const perPeer = { connections: 1 } as never
const files = { cert: '', key: '', clientCa: '' }
const bounds = { allowSans: undefined, maxConnections: 1, perPeer }
const events = { onConnection() {}, onRefused() {}, onFirstConnection() {}, onAcceptFailed() {}, onWarning() {} }

test('many tries to bind leave no listeners of events behind', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const owner = createServer().listen(0, '127.0.0.1')
  await once(owner, 'listening')
  const listen = { host: '127.0.0.1', port: (owner.address() as AddressInfo).port }
  const tries = vi.spyOn(Server.prototype, 'listen')
  onTestFinished(() => tries.mockRestore())
  const listener = new TlsListener({ listen, ...files, ...bounds }, createTlsServer(), events)
  onTestFinished(() => listener.close())
  await listener.listen(true)
  await vi.waitFor(() => expect(tries.mock.calls.length).toBeGreaterThan(12), 30_000)
  await once(owner.close(), 'close')
  const acceptor = tries.mock.contexts[0] as Server
  await vi.waitFor(() => expect(acceptor.listening).toBe(true), 30_000)
  expect(warnings).toEqual([])
})
