// Checks of `sidelane doctor --socket`: whether the daemon answers, is ready, and serves the contract of the lock.

import type { Contract, SidecarTlsOptions } from '../../model/index.ts'
import { askDaemon, printable } from '../daemon/daemon-client.ts'
import type { Check } from './check.ts'
import type { Io } from '../io.ts'
import { reasonsIn } from '../daemon/ping.ts'

const shortIdDigits = 12

export async function checkDaemon(
  topic: string,
  socket: string,
  tls: SidecarTlsOptions | undefined,
  contract: Contract | undefined,
  io: Io,
): Promise<Check[]> {
  let problem = ''
  const quiet: Io = { ...io, log: (text) => (problem = text.replace(/^sidelane: /, '')) }
  const ready = await askDaemon(topic, socket, '/readyz', quiet, tls)
  if (ready === undefined) {
    const start = tls === undefined ? `, and start it: sidelane serve --socket ${socket} --contract LOCK` : ''
    const advice = `see its log${start}`
    return [{ id: 'daemon', status: 'fail', found: problem, advice }]
  }
  const daemon: Check =
    ready.status === 200
      ? { id: 'daemon', status: 'ok', found: `${socket}: ready` }
      : { id: 'daemon', status: 'fail', found: `${socket}: not ready: ${reasonsIn(ready.body)}` }
  if (contract === undefined) return [daemon]
  const list = await askDaemon(topic, socket, '/v1/contracts', quiet, tls)
  return [daemon, checkServed(contract, list?.status === 200 ? idsIn(list.body, contract.name) : undefined)]
}

function checkServed({ name, id }: Contract, ids: readonly string[] | undefined): Check {
  const check = 'daemon.contract'
  const own = id.slice(0, shortIdDigits)
  if (ids === undefined) return { id: check, status: 'fail', found: 'the daemon does not list its contracts' }
  if (ids.includes(id)) return { id: check, status: 'ok', found: `the daemon serves ${name}, id ${own}…` }
  const advice = 'give the lock of the app to the daemon, and send it SIGHUP'
  const others = ids.map((other) => `${printable(other).slice(0, shortIdDigits)}…`).join(', ')
  const found =
    ids.length === 0
      ? `contract.unknown: the daemon does not serve ${name}`
      : `contract.mismatch: the daemon serves ${name} with id ${others}, the lock has ${own}…`
  return { id: check, status: 'fail', found, advice }
}

/** Ids of the contracts of a name; undefined where the answer is not a daemon's. */
function idsIn(body: string, name: string): string[] | undefined {
  try {
    const rows = JSON.parse(body) as readonly { readonly name: unknown; readonly id: unknown }[]
    return rows.filter((row) => row.name === name).map(({ id }) => String(id))
  } catch {
    return undefined
  }
}
