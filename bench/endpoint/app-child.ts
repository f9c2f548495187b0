// Process entry: an app with the endpoint `POST /orders`, which normalizes, validates and compresses its body in one of
// four ways. It loads only the modules of its way, and measures its own pauses.

import Fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { createProcessor, loadContract } from 'sidelane'
import type { Answer } from '../contender.ts'
import type { SourceName } from '../contracts/sources.ts'
import { answerAsks } from '../measure/child.ts'
import { percentile } from '../measure/stats.ts'
import type { Way } from './ids.ts'

export interface AppStart {
  readonly way: Way
  readonly source: SourceName
  readonly lockFile: string
  readonly threads: number
  /** The daemon's socket, for `sidecar`. */
  readonly socket: string
}

/** Since `reset`. */
export interface AppPauses {
  /** Garbage collection pauses of the main thread, in ms; 0 without any. */
  readonly gcP95Ms: number
  readonly gcMs: number
  /** Delays of a timer of 1 ms. */
  readonly stallP99Ms: number
}

let collections: number[] = []
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collections.push(duration)
}).observe({ entryTypes: ['gc'] })
const resolutionMs = 1
const delays = monitorEventLoopDelay({ resolution: resolutionMs })
delays.enable()

answerAsks({
  /** The port. */
  async start(start: AppStart): Promise<number> {
    const work = await workOf(start)
    const app = Fastify()
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    app.post('/orders', async (request, reply) => {
      const answer = await work(request.body as Buffer)
      // A real app would store the body; here it is dropped.
      return answer.ok ? { bytes: answer.body.length } : reply.code(422).send({ error: 'refused' })
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  },
  reset(): void {
    collections = []
    delays.reset()
  },
  pauses(): AppPauses {
    const sorted = Float64Array.from(collections).sort()
    return {
      gcP95Ms: sorted.length === 0 ? 0 : percentile(sorted, 0.95),
      gcMs: sorted.reduce((sum, ms) => sum + ms, 0),
      stallP99Ms: Math.max(0, delays.percentile(99) / 1e6 - resolutionMs),
    }
  },
} satisfies AppAnswers)

export type AppAnswers = {
  start(start: AppStart): Promise<number>
  reset(): void
  pauses(): AppPauses
}

async function workOf({
  way,
  source,
  lockFile,
  threads,
  socket,
}: AppStart): Promise<(body: Buffer) => Answer | Promise<Answer>> {
  if (way === 'zod+zlib') {
    const { zodZlib } = await import('../peers/zod-zlib.ts')
    return zodZlib({ source }, 1)
  }
  // A minute, so that a slow machine causes no failures.
  const deadlineMs = 60_000
  const placements = { inline: {}, pool: { threads, deadlineMs }, sidecar: { socket, deadlineMs } }
  const processor = await createProcessor(loadContract(lockFile), { placement: way, ...placements[way] })
  return (body) => processor.process(body)
}
