// A queue on a Redis of the test's own: producers and workers that end with the test.
import { onTestFinished, type TestContext } from 'vitest'
import {
  createQueueProcessor,
  runQueueWorker,
  type QueueEvent,
  type QueueProcessor,
  type QueueProcessorOptions,
  type QueueWorker,
  type QueueWorkerOptions,
  type ServedContract,
} from '../../src/bullmq/index.ts'
import type { Contract } from '../../src/model/index.ts'
import { contractOf } from '../support/locks.ts'
import { needRedis, type RedisServer } from '../support/redis.ts'

export const visit: Contract = contractOf(
  {
    type: 'object',
    properties: { n: { type: 'integer' }, name: { type: 'string' } },
    required: ['n'],
    additionalProperties: false,
  },
  { name: 'visit' },
)

export class Queue {
  readonly server: RedisServer
  readonly events: QueueEvent[] = []

  constructor(server: RedisServer) {
    this.server = server
  }

  static async open(context: TestContext, args: readonly string[] = []): Promise<Queue> {
    return new Queue(await needRedis(context, { args }))
  }

  async producer(options: Partial<QueueProcessorOptions> = {}, contract: Contract = visit): Promise<QueueProcessor> {
    const producer = await createQueueProcessor(contract, { connection: this.server.url, ...options })
    onTestFinished(() => producer.destroy())
    return producer
  }

  async worker(
    options: Partial<QueueWorkerOptions> = {},
    contracts: readonly ServedContract[] = [visit],
  ): Promise<QueueWorker> {
    const worker = await runQueueWorker(contracts, {
      connection: this.server.url,
      placement: 'inline',
      lockMs: 5000,
      closeTimeoutMs: 3000,
      retryMs: 20,
      onEvent: (event) => event.type !== 'breaker' && this.events.push(event),
      ...options,
    })
    onTestFinished(() => worker.close())
    return worker
  }
}

export const payload = (n: number): string => `{ "n": ${n}, "name": "visit ${n}" }`
