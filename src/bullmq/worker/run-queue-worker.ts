// Puts a worker together: the host that runs payloads, the connection, and the worker of BullMQ.

import { checkContract, invalidOptions, isObject, type Contract, type Host } from '../../model/index.ts'
import { createHost } from '../../create.ts'
import { checkServer, openRedis, type OpenRedis } from '../../redis/index.ts'
import { payloadDigest, resultKeys } from '../names.ts'
import type { QueueWorkerOptions, ServedContract } from '../options.ts'
import { resolveWorker, type WorkerSettings } from '../settings.ts'
import type { Served } from './batch-runner.ts'
import { RunningWorker, type QueueWorker } from './queue-worker.ts'

/**
 * Serves contracts to the producers of a queue: `createQueueProcessor`. All contracts share one host.
 *
 * Rejects as `createHost` does, with `options.invalid`, and with `unavailable` (`params.reason`) when the Redis cannot be used.
 */
export async function runQueueWorker(
  contracts: Iterable<ServedContract>,
  options: QueueWorkerOptions,
): Promise<QueueWorker> {
  const { settings, host: hostOptions } = resolveWorker(options)
  const list = [...contracts].map((one) =>
    isObject(one) && 'contract' in one ? one : { contract: one, digestKey: undefined },
  )
  for (const { contract } of list) checkContract(contract)
  if (list.length === 0) throw invalidOptions('Expected at least one contract')
  // BullMQ bounds what runs; the queue of the host only has to hold it.
  const host = await createHost({ placement: 'pool', maxQueue: 1_000_000, maxQueueMs: 60_000, ...hostOptions })
  let running: RunningWorker | undefined
  try {
    const served = list.map(({ contract, digestKey }) => serve(host, settings, contract, digestKey))
    checkKeys(served)
    const redis = await connect(settings)
    try {
      await checkServer(redis.client, redis.address)
      running = new RunningWorker(settings, host, redis, new Map(served.map((one) => [one.contract.id, one])))
      await running.ready()
    } catch (error) {
      if (running === undefined) await redis.close()
      throw error
    }
    return running
  } catch (error) {
    await (running === undefined ? host.close() : running.close())
    throw error
  }
}

function serve(host: Host, { prefix }: WorkerSettings, contract: Contract, digestKey: Uint8Array | undefined): Served {
  // Checks the key.
  const processor = host.processor(contract, { digestKey })
  return {
    contract,
    processor,
    digestOf: payloadDigest(contract, digestKey),
    resultKey: resultKeys(prefix, contract.id),
  }
}

/** A batch does not say which key its producer has. */
function checkKeys(served: readonly Served[]): void {
  const digests = new Map<string, string>()
  for (const { contract, digestOf } of served) {
    const digest = digestOf(new Uint8Array())
    if ((digests.get(contract.id) ?? digest) !== digest) {
      throw invalidOptions(
        `Expected one \`digestKey\` for the contract "${contract.name}": give each key a queue of its own`,
      )
    }
    digests.set(contract.id, digest)
  }
}

/** Its errors come from the worker of BullMQ too, with those of its other connection: they are counted there. */
const connect = ({ connection, queue, connectTimeoutMs }: WorkerSettings): Promise<OpenRedis> =>
  openRedis(connection, {
    name: `sidelane:${queue}:worker`,
    whenDown: 'wait',
    connectTimeoutMs,
    onError: () => undefined,
  })
