// The memory of each daemon: after its start, and after loads of two sizes. docs/deploy.md has the table.

import { createProcessor, type Contract } from 'sidelane'
import { makeOrders } from '../payloads/orders.ts'
import { missingService, startService } from '../sidecar/services.ts'
import { metricsOf } from './process-sampler.ts'

const inFlight = 64
const small = { count: 5000, meanBytes: 4096 }
const large = { count: 192, meanBytes: 700_000 }

const daemons = [
  ['sidelaned, 1 thread', 'sidecar-rust', ['--threads', '1']],
  ['sidelaned, 2 threads', 'sidecar-rust', ['--threads', '2']],
  ['sidelaned, 8 threads', 'sidecar-rust', ['--threads', '8']],
  ['Node, inline', 'sidecar-node', []],
  ['Node, pool of 2', 'sidecar-node', ['--placement', 'pool', '--threads', '2']],
] as const

/** A row for each daemon, in MiB. */
export async function sizesTable(contract: Contract): Promise<string> {
  const rows = [['daemon', 'idle', `${small.count} of 4 KB`, `${large.count} of 700 KB`, 'peak']]
  for (const [name, id, daemonArgs] of daemons) {
    if (missingService(id) !== undefined) continue
    const service = await startService(id, contract, 'sha-256', { daemonArgs })
    const processor = await createProcessor(contract, {
      placement: 'sidecar',
      socket: service.socket,
      deadlineMs: 60_000,
    })
    let peak = 0
    const rss = async (): Promise<number> => {
      const now = (await metricsOf(service.socket)).get('sidelane_rss_bytes') ?? 0
      peak = Math.max(peak, now)
      return now
    }
    const sizes = [await rss()]
    for (const { count, meanBytes } of [small, large]) {
      const payloads = makeOrders({ count: Math.min(count, 64), seed: 1, meanBytes })
      let next = 0
      const caller = async (): Promise<void> => {
        while (next < count) {
          const payload = payloads[next++ % payloads.length] as Uint8Array
          // A daemon that is full says so; the load is closed.
          await processor.process(payload).catch(() => {})
          if (next % 32 === 0) await rss()
        }
      }
      await Promise.all(Array.from({ length: inFlight }, caller))
      sizes.push(await rss())
    }
    await processor.close()
    await service.stop()
    rows.push([name, ...[...sizes, peak].map((bytes) => `${Math.round(bytes / 2 ** 20)} MiB`)])
  }
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')).join('\n')
}
