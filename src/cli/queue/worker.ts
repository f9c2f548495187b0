// `sidelane worker`: processes the batches of a queue until it is stopped.

import { once } from 'node:events'
import type { QueueEvent, QueueWorker } from '../../bullmq/index.ts'
import type { HostOptions } from '../../model/index.ts'
import { choice, integer } from '../../util/option-parsers.ts'
import { exitCodes, readArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { tlsHelp, tlsOptions } from '../daemon/tls-options.ts'
import { contractOption, daemonNames, keyOption, optionValue, placements, sidecarOptions } from '../options.ts'
import { listenForMetrics } from './metrics-listener.ts'
import { loadQueueModule, onUnreachable, queueOptions, queuePlace } from './queue-options.ts'

const topic = 'worker'

const help = `sidelane worker --queue redis://HOST:PORT LOCK …

Processes the batches that producers of a queue submit: sidelane process --queue, createQueueProcessor of sidelane/bullmq. The
queue is one of BullMQ, in Redis or Valkey; the packages bullmq and ioredis have to be installed. Any number of workers may
run, on any number of machines. Results are stored in Redis, once for each contract and payload.

  --queue URL                 redis://[user:password@]host[:port][/db], rediss: with TLS
  --queue-password-file FILE  the password, instead of in the URL, which other users of the machine can see
  --queue-name NAME           name of the queue (default: sidelane)
  --queue-prefix NAME         what all keys in Redis start with (default: sidelane)
  --batches N                 batches that run at the same time (default: 4)
  --placement PLACEMENT       PLACEMENTS
  --engine ENGINE             auto (default), native, js
  --threads N                 workers of the pool, or threads of the daemon (default: cores - 1)
  --socket PATH               sidecar: the socket of a running daemon, or tls://HOST:PORT; default: starts a daemon that ends
                              with the command
${tlsHelp(28)}
  --daemon NAME               sidecar, without --socket: auto (default), sidelaned, node
  --connections N             sidecar: connections to the daemon (default: 1)
  --digest-key-file FILE      key of digest "hmac-sha-256", of all contracts that have it
  --lock-ms N                 a batch is taken over from a worker that was not heard of for so long (default: 30000)
  --result-ttl-ms N           lifetime of an accepted result (default: 600000)
  --metrics HOST:PORT         serves /metrics for Prometheus
  --quiet                     no lines on stderr

Examples
  sidelane worker --queue redis://127.0.0.1 order.lock.json
  sidelane worker --queue rediss://queue.internal --queue-password-file /run/secrets/redis --metrics 0.0.0.0:9464 order.lock.json

^C and SIGTERM finish the batches that run; what is not finished within 30 s is left to other workers. A second one ends at
once. Events are JSON lines on stderr, without a byte of a payload.
Exit codes: ${exitCodes.ok} stopped by a signal, ${exitCodes.usage} usage error, ${exitCodes.unreachable} no Redis, or one that cannot be used.
`

const options = {
  ...queueOptions,
  batches: { value: 'text' },
  placement: { value: placements },
  engine: { value: ['auto', 'native', 'js'] },
  threads: { value: 'text' },
  socket: { value: 'file' },
  ...tlsOptions,
  daemon: { value: daemonNames },
  connections: { value: 'text' },
  'digest-key-file': { value: 'file' },
  'lock-ms': { value: 'text' },
  'result-ttl-ms': { value: 'text' },
  metrics: { value: 'text' },
  quiet: {},
} as const satisfies OptionTable

export const worker: Command = {
  summary: 'process the batches of a queue in Redis',
  help: help.replace('PLACEMENTS', `${placements.join(', ')} (default ${placements[0]})`),
  options,
  operands: 'file',
  async run(args, io) {
    const { values, positionals } = readArgs(topic, args, options)
    if (positionals.length === 0) throw new UsageError(topic, 'Expected the LOCK of at least one contract')
    const place = queuePlace(topic, values)
    const number = (name: 'batches' | 'lock-ms' | 'result-ttl-ms' | 'threads', min: number): number | undefined =>
      optionValue(topic, name, values[name], integer(min))
    const placement = optionValue(topic, 'placement', values.placement, choice(...placements)) ?? placements[0]
    const host: HostOptions = {
      placement,
      engine: optionValue(topic, 'engine', values.engine, choice('auto', 'native', 'js')),
      threads: number('threads', 1),
      ...sidecarOptions(topic, placement, values),
    }
    const digestKey = keyOption(topic, values['digest-key-file'])
    const contracts = positionals.map((path) => {
      const contract = contractOption(topic, path)
      const isKeyed = contract.profile.digest === 'hmac-sha-256'
      if (isKeyed && digestKey === undefined)
        throw new UsageError(topic, `The contract "${contract.name}" has a keyed digest: expected --digest-key-file`)
      return { contract, digestKey: isKeyed ? digestKey : undefined }
    })
    const isQuiet = values.quiet === true
    const { runQueueWorker } = await loadQueueModule(topic)
    let running: QueueWorker
    try {
      running = await runQueueWorker(contracts, {
        ...place,
        ...host,
        batch: { concurrency: number('batches', 1) },
        lockMs: number('lock-ms', 1000),
        resultTtlMs: number('result-ttl-ms', 1),
        // A host without a breaker has no other events.
        onEvent: isQuiet ? undefined : (event) => event.type !== 'breaker' && io.log(lineOf(event)),
      })
    } catch (error) {
      return onUnreachable(topic, error, io)
    }
    await using own = running
    const listener = values.metrics === undefined ? undefined : await listenForMetrics(topic, values.metrics, running)
    if (!isQuiet) {
      const names = contracts.map(({ contract }) => contract.name).join(', ')
      const page = listener === undefined ? '' : `; metrics at ${listener.url}`
      io.log(`sidelane: serves ${names} from the queue "${own.queue}" (${own.placement})${page}`)
    }
    await stopSignal()
    await running.close()
    listener?.close()
    if (!isQuiet) io.log(summaryOf(running))
    return exitCodes.ok
  },
}

function lineOf({ type, jobId, code, message }: QueueEvent): string {
  const level = type === 'dead' ? 'error' : 'warn'
  return JSON.stringify({ time: new Date().toISOString(), level, event: `queue_${type}`, batch: jobId, code, message })
}

function summaryOf(running: QueueWorker): string {
  const { batches, payloads } = running.stats().queue ?? { batches: {}, payloads: {} }
  const of = (counts: object): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')
  return `sidelane: batches: ${of(batches)}; payloads: ${of(payloads)}`
}

/** A second signal ends the process at once. */
async function stopSignal(): Promise<void> {
  const first = new AbortController()
  const { signal } = first
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })])
  first.abort()
  process.once('SIGINT', () => process.exit(exitCodes.interrupted))
  process.once('SIGTERM', () => process.exit(exitCodes.terminated))
}
