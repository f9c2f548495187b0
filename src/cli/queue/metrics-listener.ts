// `--metrics`: a page for Prometheus, on an address that the operator names.

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { metricsContentType, metricsText, type MetricsSource } from '../../metrics/index.ts'
import { UsageError } from '../command.ts'

export interface MetricsListener {
  /** `http://host:port/metrics`. */
  readonly url: string
  close(): void
}

export async function listenForMetrics(
  topic: string,
  address: string,
  source: MetricsSource,
): Promise<MetricsListener> {
  const [, host = '', port = ''] = /^(?:\[?([^\]]*)\]?:)?(\d{1,5})$/.exec(address) ?? []
  if (port === '') throw new UsageError(topic, `Expected --metrics to be HOST:PORT, got "${address}"`)
  const server = createServer((request, response) => {
    const isPage = request.url === '/metrics' && (request.method === 'GET' || request.method === 'HEAD')
    response.writeHead(isPage ? 200 : 404, { 'Content-Type': isPage ? metricsContentType : 'text/plain' })
    response.end(isPage ? metricsText(source) : 'not found: /metrics is here\n')
  })
  await listen(topic, server, Number(port), host === '' ? '127.0.0.1' : host)
  const { address: at, family, port: bound } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${at}]` : at}:${bound}/metrics`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function listen(topic: string, server: Server, port: number, host: string): Promise<void> {
  try {
    await once(server.listen(port, host), 'listening')
  } catch (cause) {
    throw new UsageError(topic, `Cannot listen for --metrics: ${(cause as Error).message}`, { cause })
  }
}
