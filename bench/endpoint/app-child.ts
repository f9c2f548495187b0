// Process entry: an app with the endpoint `POST /orders`, which normalizes, validates and compresses its body in one of
// four ways. It loads only the modules of its way, and measures its own pauses.

import Fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { createProcessor, loadContract } from 'sidelane'
import type { Answer } from '../../src/measure/contender.ts'
import type { ContractRef } from '../contracts/sources.ts'
import { answerAsks } from '../../src/measure/child.ts'
import { PauseMeter } from '../../src/measure/pauses.ts'
import type { Way } from './ids.ts'

export interface AppStart {
  readonly way: Way
  /** The contract of `zod+zlib`. */
  readonly contract: ContractRef
  /** The same as a lock, for the others. */
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

const pauseMeter = new PauseMeter()

answerAsks({
  /** The port. */
  async start(start: AppStart): Promise<number> {
    const work = await workOf(start)
    const app = Fastify()
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    app.post('/payloads', async (request, reply) => {
      const answer = await work(request.body as Buffer)
      // A real app would store the body; here it is dropped.
      return answer.ok ? { bytes: answer.body.length } : reply.code(422).send({ error: 'refused' })
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  },
  reset(): void {
    pauseMeter.resetCollections()
    pauseMeter.resetDelays()
  },
  pauses(): AppPauses {
    return {
      gcP95Ms: pauseMeter.collectionMs(0.95),
      gcMs: pauseMeter.collections().totalMs,
      stallP99Ms: pauseMeter.stallP99Ms(),
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
  contract,
  lockFile,
  threads,
  socket,
}: AppStart): Promise<(body: Buffer) => Answer | Promise<Answer>> {
  if (way === 'zod+zlib') {
    const { zodZlib } = await import('../peers/zod-zlib.ts')
    return zodZlib(contract, 1)
  }
  // A minute, so that a slow machine causes no failures.
  const deadlineMs = 60_000
  const placements = { inline: {}, pool: { threads, deadlineMs }, sidecar: { socket, deadlineMs } }
  const processor = await createProcessor(loadContract(lockFile), { placement: way, ...placements[way] })
  return (body) => processor.process(body)
}
