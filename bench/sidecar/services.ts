// The measured services, each a process that ends with this one. Their clients are in clients.ts.

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
import type { Digest } from '../../src/measure/contender.ts'
import { pssOf } from '../../src/measure/processes.ts'
import { axumFile } from './axum.ts'
import { isFloor, isPeer, isSleeper, isTls, type SocketId } from './ids.ts'
import { hasOpenssl, makeTlsFiles, type TlsFiles } from './tls-files.ts'

export interface Service {
  readonly pid: number
  /** The socket of all but `axum-http`, which has a port. */
  readonly socket: string
  /** For a client over TLS, which uses the port. */
  readonly tls: TlsFiles | undefined
  readonly port: number
  /** Proportional set size in bytes; NaN where the system does not report it. */
  pss(): Promise<number>
  stop(): Promise<void>
}

// Works from build/bench/sidecar and from bench/sidecar.
const root = fileURLToPath(new URL(import.meta.url.includes('/build/bench/') ? '../../../' : '../../', import.meta.url))
const nodeDaemon = join(root, 'dist/daemon.js')
const rustDaemon = join(root, 'native/sidelaned')

const floorService = fileURLToPath(new URL('../floors/socket-child.js', import.meta.url))

const startMs = 10_000
/** 64 calls in flight must not be refused. */
const patient = ['--max-queue-ms', '60000', '--log-sample', '0', '--exit-with-stdin']

/** The reason why a daemon cannot run here; undefined when it can. Peers are built before (axum.ts). */
export function missingService(id: SocketId): string | undefined {
  if (isTls(id) && !hasOpenssl()) return 'there is no openssl command'
  if (isFloor(id)) return undefined
  const file = id.startsWith('sidecar-rust') ? rustDaemon : nodeDaemon
  return existsSync(file) ? undefined : `${file} is not built`
}

/** How to start one of our daemons. */
export interface DaemonOptions {
  /** Options of Node, for the Node daemon. */
  readonly nodeArgs?: readonly string[]
  /** Options of the daemon. */
  readonly daemonArgs?: readonly string[]
  /** The file of the daemon. Default: the one of this build. */
  readonly program?: string
}

/** Starts a service; resolves when it listens. */
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
  const tls = isTls(id) ? makeTlsFiles(folder) : undefined
  const [command, ...own] = commandOf(id, { socket, lock, digest, tls }, options) as [string, ...string[]]
  const child = spawn(command, own, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr = (stderr + chunk).slice(-2000)))
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
      isPeer(id) ? firstLine(child).then(Number) : appears(socket).then(() => (isTls(id) ? tlsPort(() => stderr) : 0)),
      ended.then(([code]) => Promise.reject(new Error(`${id} ended with code ${String(code)}: ${stderr}`))),
    ])
    const pid = child.pid as number
    const pss = async (): Promise<number> => {
      const seen = pssOf(pid)
      // Only root can read the memory of sidelaned from /proc, so its own metric is used.
      return Number.isNaN(seen) && !isPeer(id) && !isFloor(id) ? await gauge(socket, 'sidelane_pss_bytes') : seen
    }
    return { pid, socket, port, tls, pss, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function commandOf(
  id: SocketId,
  at: { socket: string; lock: string; digest: Digest; tls: TlsFiles | undefined },
  { nodeArgs = [], daemonArgs = [], program }: DaemonOptions,
): string[] {
  if (id === 'axum-raw') return [axumFile(id), at.socket, at.lock]
  if (isPeer(id)) return [axumFile(id), at.digest]
  if (isFloor(id)) return [process.execPath, floorService, at.socket, at.lock]
  const daemon = id.startsWith('sidecar-rust')
    ? [program ?? rustDaemon]
    : [process.execPath, ...nodeArgs, program ?? nodeDaemon]
  const spin = isSleeper(id) ? ['--spin-us', '0'] : []
  const overTls = at.tls === undefined ? [] : tlsArgs(at.tls)
  return [...daemon, '--socket', at.socket, '--contract', at.lock, ...patient, ...spin, ...overTls, ...daemonArgs]
}

/** A quarter of the requests in flight is the bound of the one client. */
const tlsArgs = ({ cert, key, ca }: TlsFiles): string[] => [
  ...['--tls-listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key, '--tls-client-ca', ca],
  ...['--max-in-flight', '1024'],
]

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return chunk.toString().trim()
}

/** Of the line `listening` in the log. */
async function tlsPort(log: () => string): Promise<number> {
  for (let waited = 0; waited < startMs; waited += 10) {
    const [, port] = /"tls":"[^"]*:(\d+)"/.exec(log()) ?? []
    if (port !== undefined) return Number(port)
    await setTimeout(10)
  }
  throw new Error('the daemon does not say on which port it listens')
}

async function appears(file: string): Promise<void> {
  for (let waited = 0; !existsSync(file); waited += 10) {
    if (waited > startMs) throw new Error(`${file} is not there after ${startMs} ms`)
    await setTimeout(10)
  }
}

/** A value of a daemon's metrics page. */
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
