// How often the threads of a daemon block while a client has one call in flight, by the counter of the kernel.
import { readdirSync, readFileSync } from 'node:fs'
import { createProcessor } from 'sidelane'
import { expect, test } from 'vitest'
import { contractOf } from '../support/locks.ts'
import { daemonKinds, needDaemon, socketFolder, startDaemon, type DaemonKind } from '../support/daemon.ts'

const anything = contractOf({}, { name: 'anything' })
const calls = 100
const file = socketFolder()

/** Voluntary context switches of all threads of the process. */
function switchesOf(pid: number): number {
  const statuses = readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/status`, 'utf8'))
  return statuses.reduce((sum, text) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]), 0)
}

async function switches(kind: DaemonKind, spinUs: number): Promise<number> {
  const socket = file(`${kind}-${spinUs}.sock`)
  const lock = file('anything.lock.json', anything.lock)
  const daemon = await startDaemon({
    kind,
    args: ['--socket', socket, '--contract', lock, '--threads', '1', '--spin-us', String(spinUs)],
  })
  await using processor = await createProcessor(anything, { placement: 'sidecar', socket, deadlineMs: 20_000 })
  const before = switchesOf(daemon.child.pid as number)
  for (let i = 0; i < calls; i++) await processor.process('[1]')
  const after = switchesOf(daemon.child.pid as number)
  await daemon.stop()
  return after - before
}

test.skipIf(process.platform !== 'linux').for(daemonKinds)(
  '%s blocks before most calls without busy polling, and before at most half as many with it',
  { timeout: 120_000 },
  async (kind, context) => {
    needDaemon(kind, context)
    let often = 0
    // Where others have the core, the next call may arrive before the daemon blocks: then once more.
    await expect.poll(async () => (often = await switches(kind, 0)), { timeout: 50_000 }).toBeGreaterThan(calls / 2)
    // And the client may be slow, so that the poll times out.
    await expect.poll(() => switches(kind, 1000), { timeout: 60_000 }).toBeLessThanOrEqual(often / 2)
  },
)
