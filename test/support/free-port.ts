// A port for a server that takes it as an option and cannot tell which one it got.
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A port on which no program listens at the moment, on the given host or on all interfaces. */
export async function freePort(host?: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
