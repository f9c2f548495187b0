// A daemon's inside on a socket in a directory of its own, in this process.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Contract } from '../../src/index.ts'
import type { KeyedContract } from '../../src/model/index.ts'
import { openService, type Service } from '../../src/server/service.ts'
import type { ServiceSettings } from '../../src/server/config/settings.ts'
import type { Observer } from '../../src/server/telemetry.ts'
import { defaultLimits, type FramedLimits } from '../../src/server/timeouts.ts'
import { contractOf } from '../support/locks.ts'

/** `{"n": integer}` by default; `fields` are the lock's. */
export const lock = (name: string, fields: Record<string, unknown> = {}): Contract =>
  contractOf({ type: 'object', properties: { n: { type: 'integer' } } }, { name, ...fields })

export const unlocked = (contract: Contract, digestKey?: Uint8Array): KeyedContract => ({ contract, digestKey })

export const settings: ServiceSettings = {
  engine: 'js',
  placement: 'inline',
  threads: 1,
  maxQueue: 1024,
  maxQueueMs: 60_000,
  spinUs: 100,
  maxBytes: 64 * 1024 * 1024,
  maxInFlight: 256,
  maxConnections: 16,
  maxExcessConnections: 8,
  workerUrl: new URL('../../dist/worker.js', import.meta.url),
  drainMs: 10_000,
  server: 'sidelane-test/1',
}

export interface Seen {
  readonly requests: string[]
  readonly sheds: string[]
  readonly open: () => number
}

export interface Running {
  readonly service: Service
  readonly path: string
  readonly seen: Seen
}

export interface KitOptions {
  readonly settings?: Partial<ServiceSettings>
  readonly limits?: Partial<FramedLimits>
}

export async function serve(contracts: readonly KeyedContract[], options: KitOptions = {}): Promise<Running> {
  const requests: string[] = []
  const sheds: string[] = []
  let open = 0
  const observer: Observer = {
    request: (info, code, status) => requests.push(`${info.contract?.name ?? '-'} ${code} ${status}`),
    shed: (reason) => sheds.push(reason),
    opened: () => open++,
    closed: () => open--,
    received: () => {},
    sent: () => {},
  }
  const service = await openService({ ...settings, ...options.settings }, contracts, observer, {
    ...defaultLimits,
    ...options.limits,
  })
  service.ready()
  const directory = mkdtempSync(join(tmpdir(), 'sidelane-'))
  const path = join(directory, 's.sock')
  const server = createServer({ allowHalfOpen: true }, (socket) => service.accept(socket)).listen(path)
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    await service.destroy()
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
  })
  return { service, path, seen: { requests, sheds, open: () => open } }
}
