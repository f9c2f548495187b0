// Apps in TypeScript against the installed declarations, which are checked too: each supported compiler and module
// resolution, with lib.es2022 alone, with and without @types/node, as modules and as CommonJS.
import { beforeAll, describe, expect, test } from 'vitest'
import { freshProject, type Project } from '../support/tarball.ts'

const app = `
import {
  createHost, createProcessor, defineContract, describeIssue, lines, loadContract, norm, SidelaneError, toTransformStream,
  type Contract, type Outcome, type Processor,
} from 'sidelane'
import { parseContract } from 'sidelane/edge'
import { inferContract, type Inferred } from 'sidelane/infer'
import * as z from 'zod'

export const contract = defineContract({
  name: 'order',
  schema: z.object({ id: z.int(), note: norm(z.string(), ['trim']).optional() }),
})

export async function main(): Promise<string> {
  const processor: Processor<{ id: number; note?: string | undefined }> = await createProcessor(contract)
  const outcome = await processor.process({ id: 7 })
  await processor.process(new DataView(new SharedArrayBuffer(2)))
  const maybe = await processor.process(new ArrayBuffer(2), { canonical: outcome.ok ? true : undefined })
  // @ts-expect-error It may have none.
  maybe.ok && maybe.value
  // @ts-expect-error Of the contract's input.
  await processor.process({ id: 'seven' })
  for await (const item of processor.stream(['{"id":1}'])) if (item.ok) item.body.byteLength
  const error: unknown = new SidelaneError('overloaded')
  const code: string = error instanceof SidelaneError ? error.code : ''
  await processor[Symbol.asyncDispose]()
  return outcome.ok ? outcome.codec : code
}

export { createHost, describeIssue, inferContract, lines, loadContract, parseContract, toTransformStream }
export type { Contract, Inferred, Outcome }
`

const server = `
/// <reference types="node" />
import { receive, respond } from 'sidelane/express'
import { sidelane } from 'sidelane/fastify'
import { createQueueProcessor, runQueueWorker, type QueueProcessor } from 'sidelane/bullmq'
import * as fetching from 'sidelane/fetch'
import { createProcessor, loadContract, type Processor } from 'sidelane'
import { redisCache } from 'sidelane/redis-cache'
import { run } from 'sidelane/worker'

export const queue: Promise<QueueProcessor> = createQueueProcessor(loadContract('order.lock.json'), {
  connection: { host: 'redis', port: 6379, maxRetriesPerRequest: null },
  batch: { maxPayloads: 10 },
})

export const caching: Promise<Processor> = createProcessor(loadContract('order.lock.json'), {
  cache: { shared: redisCache({ connection: 'redis://redis:6379' }) },
})

export { fetching, receive, respond, run, runQueueWorker, sidelane }
`

const compilers = { '5.5': '5.5.4', '5.6': '5.6.3', '5.9': '5.9.3', '6': '6.0.3', '7': '7.0.2' }

/** The compilers that read the server as modules; the others read it as CommonJS. */
const byModules = new Set(['5.5', '6'])

const settings = [
  { module: 'node16', moduleResolution: 'node16', types: [], lib: ['es2022'] },
  { module: 'nodenext', moduleResolution: 'nodenext', types: ['node'], lib: ['es2022'] },
  { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2022', 'dom', 'esnext.disposable'] },
]

describe('an app compiles', () => {
  let project: Project

  beforeAll(async () => {
    const packages = Object.entries(compilers).map(([name, version]) => `typescript-${name}@npm:typescript@${version}`)
    project = await freshProject({
      packages: [...packages, '@types/node@20.19.0', 'zod@4.6.7', 'fastify@5.12.8'],
      // Modules and CommonJS in one program: a declaration of each copy is checked against the other.
      files: { 'app.mts': app, 'app.cts': app, 'server.mts': server, 'server.cts': server },
    })
  })

  const rows = Object.keys(compilers).flatMap((compiler) => settings.map((setting) => ({ compiler, ...setting })))

  test.each(rows)('with TypeScript $compiler, $moduleResolution, types $types, lib $lib', async (row) => {
    const { compiler, ...setting } = row
    const files = ['app.mts', 'app.cts']
    // The adapters of node:http need its types. One of the two files: Fastify's routes have one option `contract`, and a
    // program with both copies would declare it twice.
    if (setting.types.includes('node')) files.push(byModules.has(compiler) ? 'server.mts' : 'server.cts')
    const compilerOptions = { ...setting, target: 'es2022', strict: true, skipLibCheck: false, noEmit: true }
    const config = `tsconfig.${compiler}.${setting.moduleResolution}.json`
    project.write({ [config]: JSON.stringify({ compilerOptions, files }) })
    const { status, stdout } = await project.run('node', [`node_modules/typescript-${compiler}/bin/tsc`, '-p', config])
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })
})
