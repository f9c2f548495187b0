// Process entry: sends requests to an endpoint by the clock and times the responses. A separate process, so that its
// connections and garbage do not count for the app.

import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { Pool } from 'undici'
import { answerAsks } from '../../src/measure/child.ts'
import { collect } from '../../src/measure/heap.ts'
import { percentile } from '../../src/util/stats.ts'

export interface Load {
  readonly requests: number
  /** Responses other than 200, and failures. */
  readonly failed: number
  /** Time from sending to the last byte of the response. */
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly perSecond: number
}

const headers = { 'content-type': 'application/json' }
const connections = 64
const pools = new Map<number, Pool>()
let payloads: readonly Buffer[] = []

const answers = {
  start(given: readonly Uint8Array[]): void {
    payloads = given.map((payload) => Buffer.from(payload))
  },
  /** A closed loop over all connections. */
  closedLoop: (port: number, lengthMs: number): Promise<Load> => closedLoop(poolOf(port), lengthMs),
  /** An open loop of `perSecond` requests. */
  openLoop: (port: number, lengthMs: number, perSecond: number): Promise<Load> =>
    openLoop(poolOf(port), lengthMs, perSecond),
}
export type LoadAnswers = typeof answers

answerAsks(answers)

function poolOf(port: number): Pool {
  const pool = pools.get(port) ?? new Pool(`http://127.0.0.1:${port}`, { connections, keepAliveTimeout: 60_000 })
  pools.set(port, pool)
  return pool
}

class Tally {
  readonly #latencies: number[] = []
  readonly #from = performance.now()
  #failed = 0

  async send(pool: Pool, index: number): Promise<void> {
    const from = performance.now()
    const body = payloads[index % payloads.length] as Buffer
    const { statusCode, body: answer } = await pool.request({ path: '/payloads', method: 'POST', headers, body })
    await answer.text()
    if (statusCode === 200) this.#latencies.push(performance.now() - from)
    else this.#failed++
  }

  get load(): Load {
    const sorted = Float64Array.from(this.#latencies).sort()
    return {
      requests: sorted.length + this.#failed,
      failed: this.#failed,
      p50Ms: percentile(sorted, 0.5),
      p95Ms: percentile(sorted, 0.95),
      p99Ms: percentile(sorted, 0.99),
      perSecond: (sorted.length * 1000) / (performance.now() - this.#from),
    }
  }
}

async function closedLoop(pool: Pool, lengthMs: number): Promise<Load> {
  const tally = new Tally()
  const until = performance.now() + lengthMs
  let next = 0
  const caller = async (): Promise<void> => {
    while (performance.now() < until) await tally.send(pool, next++)
  }
  await Promise.all(Array.from({ length: connections }, caller))
  return tally.load
}

async function openLoop(pool: Pool, lengthMs: number, perSecond: number): Promise<Load> {
  collect()
  const tally = new Tally()
  const open: Promise<void>[] = []
  const from = performance.now()
  const count = Math.floor((lengthMs / 1000) * perSecond)
  while (open.length < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - from) / 1000) * perSecond))
    while (open.length < due) open.push(tally.send(pool, open.length))
    // Sleeps in between, to leave the cores to the app.
    await setTimeout(1)
  }
  await Promise.all(open)
  return tally.load
}
