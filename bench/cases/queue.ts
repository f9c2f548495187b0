// `--queue`: payloads through a queue in a real Redis, to one, two and four worker processes, in batches of several sizes, beside
// plain BullMQ with one payload a job and zod and zlib in its workers. What a payload costs in Redis: bytes while it waits, bytes of
// its result, commands, network. CPU time of each process: the figures to plan a fleet by.

import { fileURLToPath } from 'node:url'
import { loadContract } from 'sidelane'
import { createQueueProcessor } from 'sidelane/bullmq'
import { cpuUsOf } from '../../src/measure/processes.ts'
import { orderSource } from '../queue/order-source.ts'
import { PlainWorkers } from '../queue/plain-workers.ts'
import { findRedis, RedisServer } from '../queue/redis-server.ts'
import { WorkerProcesses } from '../queue/worker-processes.ts'
import { figure } from '../report/table.ts'

export interface QueueRow {
  readonly what: 'sidelane' | 'plain BullMQ, zod, zlib'
  readonly workers: number
  /** Payloads in a job. */
  readonly batch: number
  readonly payloads: number
  readonly perSecond: number
  /** CPU time for a payload, in µs. */
  readonly producerUs: number
  readonly workersUs: number
  readonly redisUs: number
  /** In Redis for a payload: commands, those of scripts included, and bytes over the network in both directions. */
  readonly commands: number
  readonly netBytes: number
  /** Bytes of Redis for a payload that waits, and for one with a result. */
  readonly waitingBytes: number
  readonly resultBytes: number
}

const lockFile = fileURLToPath(new URL('../../../bench/record/orders.lock.json', import.meta.url))
const cases = [
  ...[1, 2, 4].map((workers) => ({ workers, batch: 100 })),
  ...[1, 10, 1000].map((batch) => ({ workers: 2, batch })),
]
const plainWorkers = [1, 2, 4]

/** undefined: no Redis is installed. */
export async function queueCase(
  seed: number,
  scale: number,
  onProgress: (what: string, done: number) => void,
): Promise<QueueRow[] | undefined> {
  if (findRedis() === undefined) return undefined
  const rows: QueueRow[] = []
  const tell = (what: string): void => onProgress(what, rows.length / (cases.length + plainWorkers.length))
  for (const { workers, batch } of cases) {
    tell(`${workers} workers, batches of ${batch}`)
    rows.push(await ours(workers, batch, Math.round(scale * count(batch)), seed))
  }
  for (const workers of plainWorkers) {
    tell(`plain BullMQ, ${workers} workers`)
    rows.push(await plain(workers, Math.round(scale * 4000), seed))
  }
  return rows
}

/** About as long for each size of a batch. */
const count = (batch: number): number => (batch === 1 ? 3000 : batch === 10 ? 10_000 : 20_000)

/** Without an append-only file: its cost is that of the disk. */
const args = ['--appendonly', 'no']

async function ours(workers: number, batch: number, payloads: number, seed: number): Promise<QueueRow> {
  const redis = await RedisServer.start({ args })
  const processes = new WorkerProcesses(['--queue', redis.url, '--placement', 'inline', lockFile])
  const producer = await createQueueProcessor(loadContract(lockFile), {
    connection: redis.url,
    batch: { maxPayloads: batch },
    maxInFlight: 10_000,
    // The payloads that wait for no worker are measured too.
    maxWaiting: 1_000_000,
  })
  try {
    const before = await usageOf(redis)
    const some = Math.min(payloads, 2000)
    await producer.submit(orderSource(some, seed + 1))
    const waitingBytes = ((await usageOf(redis)).memory - before.memory) / some
    await redis.with((client) => client.flushall())
    await processes.start(workers)
    const run = async (): Promise<void> => {
      let ended = 0
      for await (const item of producer.stream(orderSource(payloads, seed))) if (!('error' in item)) ended++
      if (ended !== payloads) throw new Error(`${payloads - ended} payloads failed`)
    }
    const measured = await measure(redis, () => processes.pids, payloads, run)
    return { what: 'sidelane', workers, batch, payloads, waitingBytes, ...measured }
  } finally {
    await producer.close()
    await processes.stop()
    await redis.remove()
  }
}

async function plain(workers: number, payloads: number, seed: number): Promise<QueueRow> {
  const redis = await RedisServer.start({ args })
  const processes = new PlainWorkers(redis)
  try {
    await processes.start(workers)
    const measured = await measure(
      redis,
      () => processes.pids,
      payloads,
      () => processes.run(orderSource(payloads, seed)),
    )
    return { what: 'plain BullMQ, zod, zlib', workers, batch: 1, payloads, waitingBytes: Number.NaN, ...measured }
  } finally {
    await processes.stop()
    await redis.remove()
  }
}

type Measured = Pick<
  QueueRow,
  'perSecond' | 'producerUs' | 'workersUs' | 'redisUs' | 'commands' | 'netBytes' | 'resultBytes'
>

async function measure(
  redis: RedisServer,
  pids: () => readonly number[],
  payloads: number,
  run: () => Promise<void>,
): Promise<Measured> {
  const cpuOf = (): number => pids().reduce((sum, pid) => sum + cpuUsOf(pid), 0)
  const before = { ...(await usageOf(redis)), workers: cpuOf(), redis: cpuUsOf(redis.pid), own: process.cpuUsage() }
  const from = performance.now()
  await run()
  const seconds = (performance.now() - from) / 1000
  const own = process.cpuUsage(before.own)
  const workersUs = cpuOf() - before.workers
  const redisUs = cpuUsOf(redis.pid) - before.redis
  const after = await usageOf(redis)
  return {
    perSecond: payloads / seconds,
    producerUs: (own.user + own.system) / payloads,
    workersUs: workersUs / payloads,
    redisUs: redisUs / payloads,
    commands: (after.commands - before.commands) / payloads,
    netBytes: (after.net - before.net) / payloads,
    resultBytes: (after.memory - before.memory) / payloads,
  }
}

interface Usage {
  readonly memory: number
  readonly commands: number
  readonly net: number
}

function usageOf(redis: RedisServer): Promise<Usage> {
  return redis.with(async (client) => {
    const text = await client.info()
    const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN)
    return {
      memory: field('used_memory_dataset'),
      commands: field('total_commands_processed'),
      net: field('total_net_input_bytes') + field('total_net_output_bytes'),
    }
  })
}

const columns: readonly { readonly title: string; readonly cell: (row: QueueRow) => string }[] = [
  { title: 'what', cell: ({ what }) => what },
  { title: 'workers', cell: ({ workers }) => String(workers) },
  { title: 'batch', cell: ({ batch }) => String(batch) },
  { title: 'payloads/s', cell: ({ perSecond }) => Math.round(perSecond).toLocaleString('en') },
  { title: 'producer µs', cell: ({ producerUs }) => figure(producerUs) },
  { title: 'workers µs', cell: ({ workersUs }) => figure(workersUs) },
  { title: 'redis µs', cell: ({ redisUs }) => figure(redisUs) },
  { title: 'commands', cell: ({ commands }) => figure(commands) },
  { title: 'net bytes', cell: ({ netBytes }) => figure(netBytes) },
  { title: 'waiting bytes', cell: ({ waitingBytes }) => figure(waitingBytes) },
  { title: 'result bytes', cell: ({ resultBytes }) => figure(resultBytes) },
]

export function queueText(rows: readonly QueueRow[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] as string).length)))
  const text = lines.map((line) =>
    line
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number)))
      .join('  '),
  )
  const base = rows.find(({ what, workers, batch }) => what === 'sidelane' && workers === 2 && batch === 100)
  return [...text, ...(base === undefined ? [] : ['', planText(base)])].join('\n')
}

/** A core is planned to be busy for this share of the time. */
const busy = 0.6
/** How long payloads may wait while workers are replaced, and results stay. */
const waitSeconds = 10
const resultSeconds = 60

const planRates = [1000, 10_000, 100_000, 1_000_000]

/** A fleet for some rates, on paper: what one payload takes, times the rate. */
function planText({ producerUs, workersUs, redisUs, netBytes, waitingBytes, resultBytes }: QueueRow): string {
  const cores = (us: number, rate: number): number => (us * rate) / 1e6 / busy
  const head =
    `on paper, from the row with 2 workers and batches of 100: cores busy for ${100 * busy} % of the time, ` +
    `${waitSeconds} s of payloads waiting, ${resultSeconds} s of results`
  return [
    head,
    ...planRates.map((rate) => {
      const redis = cores(redisUs, rate)
      const memory = (rate * (waitSeconds * waitingBytes + resultSeconds * resultBytes)) / 1e9
      const net = (rate * netBytes * 8) / 1e9
      return (
        `${rate.toLocaleString('en').padStart(9)}/s: ${figure(cores(producerUs, rate))} producer cores, ` +
        `${figure(cores(workersUs, rate))} worker cores, ${Math.max(1, Math.ceil(redis))} Redis ` +
        `(${figure(redis)} cores), ${figure(memory)} GB in Redis, ${figure(net)} Gbit/s`
      )
    }),
  ].join('\n')
}
