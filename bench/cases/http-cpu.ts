// CPU of Node daemons per HTTP request on the Unix socket: two builds side by side, measured in turns. The client is a
// bare socket in this process; only the daemon's own user and system time counts.

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { ourContract } from '../contracts/ours.ts'
import { cpuUsOf } from '../../src/measure/processes.ts'
import { median } from '../../src/util/stats.ts'
import type { PayloadSet } from '../payloads/sets.ts'
import { figure } from '../report/table.ts'
import { startService, type Service } from '../sidecar/services.ts'

const modes = {
  'depth 1': { connections: 1, pipelined: 1 },
  '64 connections': { connections: 64, pipelined: 1 },
  '64 pipelined': { connections: 1, pipelined: 64 },
} as const
type Mode = keyof typeof modes

export interface HttpCpuRow {
  readonly daemon: string
  readonly engine: string
  readonly mode: Mode
  /** µs of CPU for each request, one value a round. */
  readonly cpuUs: readonly number[]
}

export interface HttpCpuPlan {
  /** Files: dist/daemon.js of each build. */
  readonly daemons: readonly string[]
  readonly engines: readonly string[]
  readonly rounds: number
  readonly slotMs: number
  readonly onStep: (what: string, part: number) => void
}

export async function httpCpu(set: PayloadSet, plan: HttpCpuPlan): Promise<HttpCpuRow[]> {
  const { daemons, engines, rounds, slotMs, onStep } = plan
  const contract = ourContract(set.contract, 'sha-256')
  const requests = set.payloads.map((payload) =>
    Buffer.concat([Buffer.from(headOf(contract.name, payload.length)), payload]),
  )
  const rows: HttpCpuRow[] = []
  for (const [at, engine] of engines.entries()) {
    const services: Service[] = []
    for (const program of daemons) {
      const options = { program, daemonArgs: ['--engine', engine, '--spin-us', '0', '--max-queue', '1000000'] }
      services.push(await startService('sidecar-node-http', contract, 'sha-256', options))
    }
    const figures = new Map<string, number[]>()
    // Round 0 warms up and does not count.
    for (let round = 0; round <= rounds; round++) {
      for (const mode of Object.keys(modes) as Mode[]) {
        for (const [index, { pid, socket }] of services.entries()) {
          onStep(`${engine}, ${mode}`, (at + round / (rounds + 1)) / engines.length)
          const before = cpuUsOf(pid)
          const count = await offer(socket, requests, mode, slotMs)
          if (round > 0) push(figures, `${mode}/${index}`, (cpuUsOf(pid) - before) / count)
        }
      }
    }
    for (const mode of Object.keys(modes) as Mode[]) {
      for (const [index, daemon] of daemons.entries()) {
        rows.push({ daemon, engine, mode, cpuUs: figures.get(`${mode}/${index}`) ?? [] })
      }
    }
    for (const service of services) await service.stop()
  }
  return rows
}

function push(figures: Map<string, number[]>, key: string, value: number): void {
  const list = figures.get(key)
  if (list === undefined) figures.set(key, [value])
  else list.push(value)
}

const headOf = (name: string, length: number): string =>
  `POST /v1/contracts/${name}/process HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

/** Keeps the connections busy for a while; resolves to the number of responses. */
async function offer(path: string, requests: readonly Buffer[], mode: Mode, slotMs: number): Promise<number> {
  const { connections, pipelined } = modes[mode]
  const until = performance.now() + slotMs
  let count = 0
  let next = 0
  const client = async (): Promise<void> => {
    const socket = connect(path)
    await once(socket, 'connect')
    let inFlight = 0
    const send = (): void => {
      socket.write(requests[next++ % requests.length] as Buffer)
      inFlight++
    }
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      readResponses(socket, (status, responses) => {
        if (status !== 200) return reject(new Error(`The daemon answered with status ${status}`))
        count += responses
        inFlight -= responses
        socket.cork()
        const missing = performance.now() < until ? pipelined - inFlight : 0
        for (let i = 0; i < missing; i++) send()
        socket.uncork()
        if (inFlight === 0) resolve()
      })
      for (let i = 0; i < pipelined; i++) send()
    })
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, client))
  return count
}

/** Calls back with the number of responses that each read completes; `status` is the first one that is not 200. */
function readResponses(socket: Socket, read: (status: number, responses: number) => void): void {
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    let responses = 0
    let status = 200
    for (;;) {
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) break
      const size = end + 4 + Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1])
      if (text.length < size) break
      if (!text.startsWith('HTTP/1.1 200')) status = Number(text.slice(9, 12))
      text = text.slice(size)
      responses++
    }
    if (responses > 0) read(status, responses)
  })
}

export function httpCpuText(rows: readonly HttpCpuRow[]): string {
  return rows
    .map(({ daemon, engine, mode, cpuUs }, index) => {
      const first = rows[index - (index % new Set(rows.map((row) => row.daemon)).size)] as HttpCpuRow
      const ratio = median(cpuUs) / median(first.cpuUs)
      const runs = cpuUs.map((us) => figure(us)).join('  ')
      return `${engine.padEnd(8)}${mode.padEnd(16)}${figure(median(cpuUs)).padStart(8)} µs  × ${ratio.toFixed(2)}   ${runs}   ${daemon}`
    })
    .join('\n')
}
