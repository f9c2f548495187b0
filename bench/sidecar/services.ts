// The services that are measured, each a process of its own that ends with this one. Who calls them is in clients.ts.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'undici'
import type { Contract } from 'sidelane'
import type { Digest } from '../contender.ts'
import { pssOf } from '../measure/processes.ts'
import { axumFile, hasAxum } from './axum.ts'
import { isPeer, isSleeper, type SocketId } from './ids.ts'

export interface Service {
  readonly pid: number
  /** Of all but `axum-http`, which has a port. */
  readonly socket: string
  readonly port: number
  /** Proportional set size in bytes; NaN where nobody tells. */
  pss(): Promise<number>
  stop(): Promise<void>
}

// From build/bench/sidecar or bench/sidecar.
const root = fileURLToPath(new URL(import.meta.url.includes('/build/bench/') ? '../../../' : '../../', import.meta.url))
const nodeDaemon = join(root, 'dist/daemon.js')
const rustDaemon = join(root, 'native/sidelaned')

const startMs = 10_000
/** Whoever keeps 64 calls in flight wants answers, not refusals. */
const patient = ['--max-queue-ms', '60000', '--log-sample', '0', '--exit-with-stdin']

/** Why a contender has no service here; undefined when it has. */
export function missingService(id: SocketId): string | undefined {
  if (isPeer(id)) return hasAxum() ? undefined : 'it is not built: that takes cargo'
  const file = id.startsWith('sidecar-rust') ? rustDaemon : nodeDaemon
  return existsSync(file) ? undefined : `${file} is not built`
}

/** How a daemon of ours is started. */
export interface DaemonOptions {
  /** For Node, where the daemon is the Node one. */
  readonly nodeArgs?: readonly string[]
  /** For the daemon itself. */
  readonly daemonArgs?: readonly string[]
  /** The file of the Node daemon. Default: the one of this build. */
  readonly program?: string
}

/** Starts it, and resolves when it listens. */
export async function startService(
  id: SocketId,
  contract: Contract,
  digest: Digest,
  options: DaemonOptions = {},
): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-'))
  const socket = join(folder, 's.sock')
  const lock = join(folder, 'contract.lock.json')
  writeFileSync(lock, JSON.stringify(contract.lock))
  const [command, ...own] = commandOf(id, { socket, lock, digest }, options) as [string, ...string[]]
  const child = spawn(command, own, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-2000)))
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const port = await Promise.race([
      isPeer(id) ? firstLine(child).then(Number) : appears(socket).then(() => 0),
      ended.then(([code]) => Promise.reject(new Error(`${id} ended with code ${String(code)}: ${said}`))),
    ])
    const pid = child.pid as number
    const pss = async (): Promise<number> => {
      const seen = pssOf(pid)
      // sidelaned lets nobody look into it, root excepted: it says it itself.
      return Number.isNaN(seen) && !isPeer(id) ? await gauge(socket, 'sidelane_pss_bytes') : seen
    }
    return { pid, socket, port, pss, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function commandOf(
  id: SocketId,
  at: { socket: string; lock: string; digest: Digest },
  { nodeArgs = [], daemonArgs = [], program = nodeDaemon }: DaemonOptions,
): string[] {
  if (id === 'axum-raw') return [axumFile(id), at.socket, at.lock]
  if (isPeer(id)) return [axumFile(id), at.digest]
  const daemon = id.startsWith('sidecar-rust') ? [rustDaemon] : [process.execPath, ...nodeArgs, program]
  const spin = isSleeper(id) ? ['--spin-us', '0'] : []
  return [...daemon, '--socket', at.socket, '--contract', at.lock, ...patient, ...spin, ...daemonArgs]
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return chunk.toString().trim()
}

async function appears(file: string): Promise<void> {
  for (let waited = 0; !existsSync(file); waited += 10) {
    if (waited > startMs) throw new Error(`${file} is not there after ${startMs} ms`)
    await setTimeout(10)
  }
}

/** A figure of a daemon's metrics page. */
async function gauge(socket: string, name: string): Promise<number> {
  const client = new Client('http://localhost', { socketPath: socket })
  try {
    const { body } = await client.request({ path: '/metrics', method: 'GET' })
    const line = (await body.text()).split('\n').find((text) => text.startsWith(`${name} `))
    return Number(line?.slice(name.length))
  } finally {
    await client.close()
  }
}
