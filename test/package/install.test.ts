// The installed package, as modules and as CommonJS: each entry and placement, the command, and how long the start takes.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshProject, type Project } from '../support/tarball.ts'

const lock = readFileSync(fileURLToPath(new URL('../../docs/examples/order.lock.json', import.meta.url)), 'utf8')

const everything = `
async function main() {
  const fromLock = sidelane.loadContract('order.lock.json')
  const defined = sidelane.defineContract({ name: 'point', schema: z.object({ id: z.int() }) })
  for (const options of [
    { placement: 'inline' },
    { placement: 'pool', threads: 1 },
    { placement: 'auto', threads: 1 },
    { placement: 'sidecar', launch: { daemon: 'node' } },
  ]) {
    const host = await sidelane.createHost({ ...options, engine: 'js' })
    const processor = host.processor(defined)
    const good = await processor.process('{"id": 7}')
    const bad = await host.processor(fromLock).process('{"id": "seven"}')
    console.log(options.placement, good.codec, bad.code)
    await host.close()
  }
  const web = await edge.createProcessor(edge.parseContract(sidelane.lockText(defined.lock)))
  const response = await fetch.respond(new Request('http://localhost/'), await web.process('{"id": 7}'))
  console.log('fetch', response.status, await response.text())
  console.log('metrics', metrics.metricsText(web).includes('sidelane_calls_total{contract="point",placement="inline",code="accepted"} 1'))
  console.log('infer', infer.inferContract(['{"id":1}', '{"id":2}'], { name: 'order' }).contract.name)
  console.log('adapters', typeof express.receive, typeof fastify.sidelane)
  const noRedis = await bullmq.createQueueProcessor(fromLock, { connection: 'redis://127.0.0.1:1' }).catch((fault) => fault)
  console.log('bullmq', noRedis.params.reason, typeof bullmq.runQueueWorker)
  const shared = redisCache.redisCache({ connection: 'redis://127.0.0.1:1' })
  const caching = await sidelane.createProcessor(defined, { cache: { shared } })
  console.log('redis-cache', (await caching.process('{"id": 7}')).codec, caching.stats().cache.shared.skipped)
  await caching.close()
}
main()
`

const entries = ['edge', 'infer', 'express', 'fastify', 'fetch', 'metrics', 'bullmq', 'redis-cache']
/** The name of its import. */
const local = (path: string): string => path.slice(1).replace('-c', 'C') || 'sidelane'
const imports = {
  module: ['', ...entries.map((name) => `/${name}`)]
    .map((path) => `import * as ${local(path)} from 'sidelane${path}'`)
    .concat("import * as z from 'zod'"),
  commonjs: ['', ...entries.map((name) => `/${name}`)]
    .map((path) => `const ${local(path)} = require('sidelane${path}')`)
    .concat("const z = require('zod')"),
}

describe.each(['module', 'commonjs'] as const)('an app as %s', (type) => {
  let project: Project

  beforeAll(async () => {
    project = await freshProject({
      type,
      packages: ['zod@4.6.7', 'fastify@5.12.8', 'bullmq@6.7.0', 'ioredis@6.0.0'],
      files: { 'order.lock.json': lock, 'app.js': [...imports[type], everything].join('\n') },
    })
  })

  test('uses all entries and placements', async () => {
    expect((await project.output('node', ['app.js'])).split('\n')).toEqual([
      'inline gzip validate.failed',
      'pool gzip validate.failed',
      'auto gzip validate.failed',
      'sidecar gzip validate.failed',
      'fetch 200 {"id":7}',
      'metrics true',
      'infer order',
      'adapters function function',
      'bullmq redis.unreachable function',
      'redis-cache gzip 1',
      '',
    ])
  })

  test('loads a lock with 64 open files', async () => {
    const load = {
      module: "import { createProcessor, loadContract } from 'sidelane'",
      commonjs: "const { createProcessor, loadContract } = require('sidelane')",
    }
    project.write({
      'lock-only.js': `${load[type]}
        createProcessor(loadContract('order.lock.json'), { engine: 'js' })
          .then((processor) => processor.process('[]'))
          .then(({ code }) => console.log(code))`,
    })
    expect(await project.output('sh', ['-c', 'ulimit -n 64; node lock-only.js'])).toBe('validate.failed\n')
  })

  test('has the command and the daemon', async () => {
    const args = ['process', '--contract', 'order.lock.json']
    const rejected = await project.run('sidelane', args, { input: '{"id":"seven"}\n' })
    expect([rejected.status, rejected.stdout]).toEqual([1, ''])
    expect(rejected.stderr).toContain('validate.failed')
    const daemon = 'node_modules/sidelane/dist/daemon.js'
    const check = ['--check', '--socket', 'sidelane.sock', '--contract', 'order.lock.json']
    expect(await project.output('node', [daemon, ...check])).toContain('order@')
    expect(await project.output('sidelane', ['doctor'])).toContain('0 broken')
    const worker = await project.run('sidelane', ['worker', '--queue', 'redis://127.0.0.1:1', 'order.lock.json'])
    expect([worker.status, worker.stdout]).toEqual([3, ''])
  })
})

test('objects of the package as modules are those of the package as CommonJS', async () => {
  const files = {
    'app.js': `
      import { createRequire } from 'node:module'
      import * as esm from 'sidelane'
      import * as z from 'zod'
      const cjs = createRequire(import.meta.url)('sidelane')
      const schema = z.object({ kind: z.object({ n: z.int() }).default({ n: 1 }), point: z.literal(7).refine(() => true) })
      for (const [own, other] of [[esm, cjs], [cjs, esm]]) {
        const error = new own.SidelaneError('overloaded')
        const cause = await own.createProcessor({}).catch((fault) => fault)
        console.log(own === other, error instanceof other.SidelaneError, cause instanceof other.SidelaneError, {} instanceof own.SidelaneError)
        const contract = own.defineContract({ name: 'a', schema, appOnly: 'all' })
        const processor = await other.createProcessor(contract, { runInApp: true })
        const outcomes = [await processor.process('{"point":7}'), await processor.process('{"point":8}')]
        console.log(JSON.stringify(outcomes[0].value()), outcomes[1].code, other.compareContracts(contract, contract).length)
        const js = await other.createProcessor(contract, { engine: 'js', canonical: true })
        console.log(Buffer.from((await js.process('{"point":7}')).canonical).toString())
      }`,
  }
  const project = await freshProject({ packages: ['zod@4.6.7'], files })
  const once = ['false true true false', '{"kind":{"n":1},"point":7} validate.failed 0', '{"kind":{"n":1},"point":7}']
  expect((await project.output('node', ['app.js'])).split('\n')).toEqual([...once, ...once, ''])
})

test('from npm i to the first compressed payload', async () => {
  const startedAt = performance.now()
  const project = await freshProject({
    packages: ['zod@4.6.7'],
    files: {
      'app.js': `
        import { createProcessor, defineContract } from 'sidelane'
        import * as z from 'zod'
        const processor = await createProcessor(defineContract({ name: 'order', schema: z.object({ id: z.int() }) }))
        const outcome = await processor.process('{"id": 7}')
        console.log(outcome.codec, outcome.body.length > 0)
        await processor.close()`,
    },
  })
  expect(await project.output('node', ['app.js'])).toBe('gzip true\n')
  console.log(`from npm i to the first compressed payload: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
})

test('without bullmq and ioredis, everything else works, and --queue says what is missing', async () => {
  const project = await freshProject({ type: 'module', packages: [], files: { 'order.lock.json': lock } })
  const args = ['process', '--contract', 'order.lock.json', '--placement', 'inline']
  expect(await project.run('sidelane', args, { input: '{"id":"seven"}\n' })).toMatchObject({ status: 1 })
  const queue = ['process', '--contract', 'order.lock.json', '--queue', 'redis://127.0.0.1:1']
  const run = await project.run('sidelane', queue, { input: '' })
  expect(run).toMatchObject({ status: 2, stdout: '' })
  expect(run.stderr).toContain('needs the packages bullmq and ioredis')
})
