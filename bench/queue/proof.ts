// The proof of the queue: while workers are killed and Redis is restarted, each payload gets exactly one result, the same as
// inline, and the producer is slowed down before its memory or that of Redis grows.

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createProcessor, loadContract, type Outcome } from 'sidelane'
import { createQueueProcessor } from 'sidelane/bullmq'
import { orderSource } from './order-source.ts'
import { RedisServer } from './redis-server.ts'
import { WorkerProcesses } from './worker-processes.ts'

export interface ProofOptions {
  readonly payloads: number
  readonly workers: number
  /** Between two workers that are killed; undefined: one is, after a tenth of the payloads. */
  readonly killEveryMs?: number
  readonly seed: number
  readonly onProgress?: (done: number) => void
}

export interface Proof {
  readonly payloads: number
  readonly accepted: number
  readonly rejected: number
  /** Outcomes that differ from inline, and faults. Each has to be 0. */
  readonly different: number
  readonly faults: number
  /** Result keys in Redis: one for each payload. */
  readonly resultKeys: number
  readonly workerKills: number
  readonly redisRestarts: readonly string[]
  readonly seconds: number
  readonly batches: Readonly<Record<string, number>>
  /** Bounds, and how far the run came to them. */
  readonly maxInFlight: number
  readonly mostInFlight: number
  readonly maxWaiting: number
  readonly mostWaiting: number
  /** Times that the producer was seen waiting because the queue was full. */
  readonly blockedSamples: number
  readonly samples: number
  /** Of the producer, in MiB: at the first tenth, and the most after it. */
  readonly heapAtStartMb: number
  readonly mostHeapMb: number
  readonly mostRedisMb: number
  /** Jobs that the workers had not finished `drainMs` after the last result. */
  readonly jobsLeft: number
  /** After everything was closed. */
  readonly connectionsLeft: number
}

/** The batches of the commands in flight may come on top of `maxWaiting`: src/bullmq/producer/batch-sender.ts. */
const inCommands = 4 * 8

/** What a run of `payloads` has to show and does not; empty: proven. */
export function problemsOf(proof: Proof, payloads: number): string[] {
  const restarts = ['stopped cleanly under appendfsync everysec', 'killed -9 under appendfsync always']
  const claims: readonly (readonly [isMet: boolean, text: string])[] = [
    [proof.payloads === payloads, `${proof.payloads} payloads instead of ${payloads}`],
    [proof.accepted + proof.rejected === payloads, `${proof.accepted + proof.rejected} outcomes`],
    [proof.rejected > 0, 'no rejected payload'],
    [proof.resultKeys === payloads, `${proof.resultKeys} results in Redis`],
    [proof.different === 0, `${proof.different} outcomes differ from inline`],
    [proof.faults === 0, `${proof.faults} faults`],
    [proof.workerKills > 0, 'no worker was killed'],
    [proof.redisRestarts.join() === restarts.join(), `Redis was restarted: ${proof.redisRestarts.join(', ')}`],
    [proof.mostInFlight <= proof.maxInFlight, `${proof.mostInFlight} payloads were in flight`],
    [proof.mostWaiting <= proof.maxWaiting + inCommands, `${proof.mostWaiting} batches were waiting`],
    [proof.connectionsLeft === 0, `${proof.connectionsLeft} connections are left`],
    [proof.jobsLeft === 0, `${proof.jobsLeft} jobs are left`],
  ]
  return claims.flatMap(([isMet, text]) => (isMet ? [] : [text]))
}

const lock = fileURLToPath(
  new URL(
    import.meta.url.includes('/build/bench/') ? '../../../bench/record/orders.lock.json' : '../record/orders.lock.json',
    import.meta.url,
  ),
)

const maxInFlight = 4000
const maxWaiting = 12
const batchSize = 50
const lockMs = 1000
/** For jobs whose results are there and whose end is not: their worker or Redis was killed, and another worker takes them over. */
const drainMs = 30_000
/** For Redis to see that its peers have closed their connections. */
const disconnectMs = 5000

export async function prove({ payloads, workers, killEveryMs, seed, onProgress }: ProofOptions): Promise<Proof> {
  const contract = loadContract(lock)
  const redis = await RedisServer.start({ args: aof('everysec') })
  const processes = new WorkerProcesses([
    ...['--queue', redis.url, '--placement', 'inline', '--lock-ms', `${lockMs}`],
    ...['--batches', '2', '--result-ttl-ms', '3600000', lock],
  ])
  const inline = await createProcessor(contract, { placement: 'inline' })
  const restarts: string[] = []
  try {
    await processes.start(workers)
    const producer = await createQueueProcessor(contract, {
      connection: redis.url,
      batch: { maxPayloads: batchSize },
      ...{ maxInFlight, maxWaiting },
      giveUpMs: 120_000,
    })
    const watch = new ProofSampler(redis)
    const from = performance.now()
    let done = 0
    const timer = setInterval(() => watch.sample(producer.stats()), 50)
    const stuck = setInterval(() => {
      if (done === watch.lastDone) void watch.explain(done, producer.stats(), processes)
      watch.lastDone = done
    }, 30_000)
    let events: Promise<unknown> = Promise.resolve()
    const then = (event: () => Promise<unknown>): void => void (events = events.then(event))
    const kill = (): void => processes.kill()
    const killer = killEveryMs === undefined ? undefined : setInterval(kill, killEveryMs)
    const restart = (how: 'clean' | 'kill', fsync: string): void =>
      then(async () => {
        await redis.with((client) => client.config('SET', 'appendfsync', fsync))
        await redis.end(how)
        await redis.start(aof(fsync))
        restarts.push(`${how === 'clean' ? 'stopped cleanly' : 'killed -9'} under appendfsync ${fsync}`)
      })
    const steps = new Map<number, () => void>([
      [Math.floor(payloads / 3), () => restart('clean', 'everysec')],
      [Math.floor((2 * payloads) / 3), () => restart('kill', 'always')],
    ])
    if (killEveryMs === undefined) steps.set(Math.floor(payloads / 10), kill)

    const counts = { accepted: 0, rejected: 0, different: 0, faults: 0 }
    const sent: Uint8Array[] = []
    for await (const item of producer.stream(kept(orderSource(payloads, seed), sent))) {
      const payload = sent.shift() as Uint8Array
      if ('error' in item) counts.faults++
      else {
        if (item.ok) counts.accepted++
        else counts.rejected++
        if (!isSame(item, await inline.process(payload))) counts.different++
      }
      done++
      if (done === Math.floor(payloads / 10)) watch.startHeap()
      steps.get(done)?.()
      onProgress?.(done)
    }
    for (const one of [killer, timer, stuck]) clearInterval(one)
    await events
    const seconds = (performance.now() - from) / 1000
    const { batches = {} } = producer.stats().queue ?? {}
    const left = await redis.with(async (client) => {
      const jobsLeft = await lastCount(drainMs, () => countKeys(client, `sidelane:sidelane:${contract.id}-*`))
      await producer.close()
      await processes.stop()
      return {
        resultKeys: await countKeys(client, 'sidelane:r:*'),
        connectionsLeft: await lastCount(disconnectMs, () => countOtherClients(client)),
        jobsLeft,
      }
    })
    return {
      ...{ payloads, ...counts, ...left, workerKills: processes.kills, redisRestarts: restarts, seconds, batches },
      ...{ maxInFlight, maxWaiting },
      ...watch.most,
    }
  } finally {
    await inline.close()
    await processes.stop()
    await redis.remove()
  }
}

/** Also appends what it yields to `list`. */
function* kept<T>(source: Iterable<T>, list: T[]): Generator<T> {
  for (const one of source) {
    list.push(one)
    yield one
  }
}

const aof = (fsync: string): string[] => [
  '--appendonly',
  'yes',
  '--appendfsync',
  fsync,
  '--maxmemory-policy',
  'noeviction',
]

function isSame(one: Outcome, other: Outcome): boolean {
  if (one.ok && other.ok) return one.digest === other.digest && Buffer.compare(one.body, other.body) === 0
  return JSON.stringify(one) === JSON.stringify(other)
}

type Client = ReturnType<RedisServer['client']>

/** Counts until there is nothing, for at most `forMs`; returns the last count. */
async function lastCount(forMs: number, count: () => Promise<number>): Promise<number> {
  const until = performance.now() + forMs
  for (;;) {
    const found = await count()
    if (found === 0 || performance.now() > until) return found
    await sleep(50)
  }
}

/** Without the client that asks. */
const countOtherClients = async (client: Client): Promise<number> =>
  String(await client.client('LIST'))
    .trim()
    .split('\n').length - 1

async function countKeys(client: Client, pattern: string): Promise<number> {
  let cursor = '0'
  const keys = new Set<string>()
  do {
    const [next, found] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', 5000)
    cursor = next
    for (const key of found) keys.add(key)
  } while (cursor !== '0')
  return keys.size
}

/** What grows. */
class ProofSampler {
  readonly most = {
    mostInFlight: 0,
    mostWaiting: 0,
    blockedSamples: 0,
    samples: 0,
    heapAtStartMb: 0,
    mostHeapMb: 0,
    mostRedisMb: 0,
  }
  lastDone = -1
  readonly #redis: RedisServer
  #askedAt = 0

  constructor(redis: RedisServer) {
    this.#redis = redis
  }

  startHeap(): void {
    this.most.heapAtStartMb = heapMb()
    this.most.mostHeapMb = 0
  }

  sample({ queued, queue }: { readonly queued: number; readonly queue?: { waiting: number; blocked: boolean } }): void {
    const { most } = this
    most.samples++
    most.mostInFlight = Math.max(most.mostInFlight, queued)
    most.mostWaiting = Math.max(most.mostWaiting, queue?.waiting ?? 0)
    if (queue?.blocked === true) most.blockedSamples++
    most.mostHeapMb = Math.max(most.mostHeapMb, heapMb())
    if (performance.now() - this.#askedAt < 2000) return
    this.#askedAt = performance.now()
    void this.#askRedis()
  }

  /** Nothing has come back for a long time: what there is to see. */
  async explain(done: number, stats: object, processes: WorkerProcesses): Promise<void> {
    const lists = await this.#redis
      .with((client) =>
        Promise.all(['wait', 'active'].map((name) => client.lrange(`sidelane:sidelane:${name}`, 0, 3))).then(
          async (ids) => [ids, await client.client('LIST')],
        ),
      )
      .catch((error: Error) => error.message)
    console.error('stuck', { done, queue: Reflect.get(stats, 'queue') as unknown, workers: processes.pids, lists })
    console.error(processes.log)
  }

  async #askRedis(): Promise<void> {
    try {
      const text = await this.#redis.with((client) => client.info('memory'))
      const bytes = Number(/used_memory:(\d+)/.exec(text)?.[1] ?? 0)
      this.most.mostRedisMb = Math.max(this.most.mostRedisMb, Math.round(bytes / 2 ** 20))
    } catch {
      // It is being restarted.
    }
  }
}

const heapMb = (): number => Math.round((process.memoryUsage().heapUsed + process.memoryUsage().external) / 2 ** 20)
