// Processes of the plain worker, and a producer that submits one payload a job and waits for all of them.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Queue, QueueEvents } from 'bullmq'
import type { RedisServer } from './redis-server.ts'

const name = 'plain'
/** Jobs without a result: as many payloads as the other producer has in flight. */
const maxInFlight = 5000
const bulk = 100

export class PlainWorkers {
  readonly #redis: RedisServer
  readonly #workers: ChildProcess[] = []

  constructor(redis: RedisServer) {
    this.#redis = redis
  }

  get pids(): number[] {
    return this.#workers.map(({ pid }) => pid as number)
  }

  async start(count: number): Promise<void> {
    const file = new URL('./plain-worker-child.js', import.meta.url)
    for (let n = 0; n < count; n++) this.#workers.push(fork(file, [`${this.#redis.port}`, name]))
    await Promise.all(this.#workers.map((worker) => once(worker, 'message')))
  }

  async run(payloads: Iterable<Uint8Array>): Promise<void> {
    const connection = { host: '127.0.0.1', port: this.#redis.port }
    const queue = new Queue(name, { connection })
    const events = new QueueEvents(name, { connection })
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
    const state = { inFlight: 0, wake: (): void => undefined }
    const ended = (): void => {
      state.inFlight--
      state.wake()
    }
    events.on('completed', ended).on('failed', ended)
    const below = async (limit: number): Promise<void> => {
      while (state.inFlight > limit) await new Promise<void>((resolve) => (state.wake = resolve))
    }
    let jobs: { name: string; data: { text: string } }[] = []
    const flush = async (): Promise<void> => {
      state.inFlight += jobs.length
      await queue.addBulk(jobs)
      jobs = []
      await below(maxInFlight)
    }
    for (const payload of payloads) {
      jobs.push({ name: 'order', data: { text: Buffer.from(payload).toString('utf8') } })
      if (jobs.length === bulk) await flush()
    }
    await flush()
    await below(0)
    await events.close()
    await queue.close()
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker) => {
        const ended = once(worker, 'exit')
        worker.kill('SIGTERM')
        await ended
      }),
    )
  }
}
