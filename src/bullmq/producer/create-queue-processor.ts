// Puts a producer together: connections, batches, policies.

import { randomBytes } from 'node:crypto'
import { Queue } from 'bullmq'
import {
  checkContract,
  resolveProcessorOptions,
  type Call,
  type Contract,
  type EngineReport,
  type InferredBy,
  type Processor,
  type QueueStats,
} from '../../model/index.ts'
import { buildHost } from '../../build-host.ts'
import { Admission, deadline } from '../../policies/index.ts'
import { checkServer, openRedis, redisFault, type OpenRedis } from '../../redis/index.ts'
import { LinkedList } from '../../util/linked-list.ts'
import { endedPrefix, payloadDigest, replyChannel, resultKeys } from '../names.ts'
import type { QueueProcessorOptions } from '../options.ts'
import { resolveProducer, type ProducerSettings } from '../settings.ts'
import { BatchSender } from './batch-sender.ts'
import { BatchWatch } from './batch-watch.ts'
import { GiveUpTimer } from './give-up-timer.ts'
import { QueueCommands } from './queue-commands.ts'
import { QueuePlacement } from './queue-placement.ts'
import { submitter, type QueueProcessor } from './submit.ts'

/**
 * A processor whose payloads are processed by the workers of a queue: `runQueueWorker`. Payloads that the contract's `maxBytes`
 * excludes are rejected here.
 *
 * Rejects with `options.invalid`, and with `unavailable` (`params.reason` says why) when the Redis cannot be used.
 */
export async function createQueueProcessor<In, Out, C extends boolean = false, A extends boolean = false>(
  contract: Contract<In, Out>,
  options: InferredBy<QueueProcessorOptions<C, A>, { readonly canonical: C; readonly runInApp: A }>,
): Promise<QueueProcessor<In, Out, NoInfer<C>, NoInfer<A>>> {
  const { settings, processor: given } = resolveProducer(options)
  const own = resolveProcessorOptions(given)
  checkContract(contract)
  const digestOf = payloadDigest(contract, own.digestKey)
  const state = { redisErrors: 0 }
  const connections = await connect(settings, () => state.redisErrors++)
  const { redis, subscriber } = connections
  const { queue: name, prefix, batch, giveUpMs, attempts, maxWaiting, maxRedisMemory } = settings
  const reply = randomBytes(12).toString('base64url')
  const queue = new Queue(name, { connection: redis.client, prefix })
  // Those of its connection, which are counted there. Without a listener they would end the process.
  queue.on('error', () => undefined)

  // A Redis without memory answers reads and refuses writes: what it has can still be finished.
  const giveUp = {
    read: new GiveUpTimer(giveUpMs, (fault) => {
      placement.failAll(fault)
      // What `submit` waits for. While a bound blocks, only reads are tried.
      if (sender.blocked) sender.failAll(fault)
    }),
    write: new GiveUpTimer(giveUpMs, (fault) => sender.giveUpWrites(fault)),
  }
  const commands = new QueueCommands({
    redis,
    queue,
    contract,
    reply,
    attempts,
    resultKey: resultKeys(prefix, contract.id),
    onEnd(kind, fault) {
      if (fault !== undefined) state.redisErrors++
      giveUp[kind].note(fault)
    },
  })
  const watch = new BatchWatch({ commands, submitAgain: (lost) => sender.submit(lost) })
  const sender = new BatchSender({
    ...batch,
    commands,
    contractId: contract.id,
    maxWaiting,
    maxRedisMemory,
    onBatch: (one) => watch.add(one),
    onRefused: () => giveUp.write.wait(),
  })
  const placement = new QueuePlacement({
    contract,
    digestOf,
    engine: engineOf(settings, redis.address),
    busyDepth: Math.max(1, Math.floor(settings.maxInFlight / 2)),
    onPayload: (payload) => sender.add(payload),
    onPayloadEnd(payload) {
      if (payload.batch === undefined) sender.remove(payload)
      else if (payload.batch.hasEnded) watch.remove(payload.batch)
    },
    async stop() {
      sender.stop()
      watch.stop()
      giveUp.read.stop()
      giveUp.write.stop()
      await queue.close()
      await Promise.all([subscriber.close(), redis.close()])
    },
  })
  subscriber.client.on('message', (_channel: string, message: string) => {
    const id = message.slice(1)
    if (message.startsWith(endedPrefix.inStore)) watch.done(id)
    else watch.ended(id)
  })
  const queueStats = (): QueueStats => ({
    queue: name,
    role: 'producer',
    batches: { submitted: sender.submitted, completed: watch.completed, failed: watch.failed, lost: watch.lost },
    payloads: {},
    redisErrors: state.redisErrors,
    inFlight: watch.size,
    waiting: sender.waiting,
    blocked: sender.blocked,
  })
  const { maxInFlight: maxQueue, maxInFlightBytes: maxQueueBytes, deadlineMs: defaultMs } = settings
  const admission = new Admission({ maxQueue, maxQueueBytes, maxQueueMs: Infinity, minWaiting: 0, queue: placement })
  const activeCalls = new LinkedList<Call>()
  try {
    await queue.waitUntilReady()
    await subscriber.subscribe(replyChannel(prefix, name, reply))
    const host = buildHost({
      what: 'processor',
      placement,
      cache: undefined,
      activeCalls,
      beforeCache: [deadline({ defaultMs, calls: activeCalls })],
      afterCache: [admission.layer],
      policyStats: () => ({ queue: queueStats() }),
    })
    const processor: Processor<In, Out, C, A> = host.open<In, Out, C, A>(contract, own, true)
    return Object.assign(processor, {
      submit: submitter({ placement, sender, batch, contract, state: () => processor.state }),
    })
  } catch (cause) {
    await placement.stop()
    throw redisFault(cause, redis.address)
  }
}

interface Connections {
  readonly redis: OpenRedis
  /** A connection that subscribes takes no other commands. */
  readonly subscriber: OpenRedis
}

async function connect(
  { connection, queue, connectTimeoutMs }: ProducerSettings,
  onError: () => void,
): Promise<Connections> {
  const open = (role: string): Promise<OpenRedis> =>
    openRedis(connection, { name: `sidelane:${queue}:${role}`, whenDown: 'fail', connectTimeoutMs, onError })
  const redis = await open('producer')
  try {
    await checkServer(redis.client, redis.address)
    return { redis, subscriber: await open('replies') }
  } catch (error) {
    await redis.close()
    throw error
  }
}

const engineOf = ({ queue }: ProducerSettings, address: string): EngineReport => ({
  kind: 'none',
  reason: `Workers of the queue "${queue}" at ${address} process the payloads.`,
  tried: [],
})
