// The installed package with prom-client, and the example for OpenTelemetry with its SDK and a daemon.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startDaemon } from '../support/daemon.ts'
import { freshProject, type Project } from '../support/tarball.ts'

const example = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url)), 'utf8')

const lock = example('order.lock.json')
const good = '{"id":1,"email":"a@example.org"}'

describe.each(['prom-client@15.1.3', 'prom-client@14.2.0'])('%s', (packageName) => {
  const app = `
import client from 'prom-client'
import { createProcessor, createRollout, loadContract } from 'sidelane'
import { metricsText, registerMetrics } from 'sidelane/metrics'

const contract = loadContract('order.lock.json')
const processor = await createProcessor(contract, { engine: 'js' })
await processor.process('{').catch(() => {})
const registry = new client.Registry()
const remove = registerMetrics(registry, processor)
const volatile = /^sidelane_(rss|alloc)/
const lines = (text) => text.split('\\n').filter((line) => line !== '' && !volatile.test(line)).sort()
const ours = lines(metricsText(processor))
const theirs = lines(await registry.metrics())
console.log(JSON.stringify({ same: JSON.stringify(ours) === JSON.stringify(theirs), count: ours.length, ours, theirs }))
remove()
console.log((await registry.metrics()).trim() === '')

const candidate = await createProcessor(contract, { engine: 'js' })
const baseline = () => ({ ok: false, issues: [] })
const rollout = await createRollout({ contract, baseline, candidate, percent: 25, log: false })
registerMetrics(registry, rollout)
await rollout.process('{}').catch(() => {})
const workers = await Promise.all([1, 2, 3, 4].map(() => registry.getMetricsAsJSON()))
console.log(await client.AggregatorRegistry.aggregate(workers).metrics())
if (client.Registry.OPENMETRICS_CONTENT_TYPE !== undefined) {
  const open = new client.Registry(client.Registry.OPENMETRICS_CONTENT_TYPE)
  registerMetrics(open, processor)
  await open.metrics()
  console.log((await open.metrics()).replaceAll('sidelane_', 'open_'))
}
await rollout.close()
`
  test('prints what metricsText prints', async () => {
    const project = await freshProject({ packages: [packageName], files: { 'order.lock.json': lock, 'app.js': app } })
    const [result, isEmpty, ...rest] = (await project.output('node', ['app.js'])).trim().split('\n')
    const { ours, theirs } = JSON.parse(result as string) as Record<'ours' | 'theirs', string[]>
    expect(theirs).toEqual(ours)
    expect(ours.length).toBeGreaterThan(100)
    expect(isEmpty).toBe('true')
    // Four workers of a cluster: counts are added, the percent of the one file is not.
    const valueOf = (sample: RegExp): string | undefined =>
      rest
        .find((line) => sample.test(line))
        ?.split(' ')
        .at(-1)
    expect(valueOf(/^sidelane_rollout_percent\{/)).toBe('25')
    expect(valueOf(/^sidelane_call_seconds_count\{/)).toBe('4')
    if (packageName.endsWith('@14.2.0')) return
    expect(rest).toContain('# TYPE open_calls counter')
    expect(rest.filter((line) => line.startsWith('open_calls_total{'))).toHaveLength(2)
    expect(rest.filter((line) => line.includes('total_total'))).toEqual([])
  })
})

describe('the example for OpenTelemetry', () => {
  const sdk = `
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

const exporter = {
  export(spans, done) {
    for (const span of spans) {
      const { name, attributes, status } = span
      const { traceId, spanId } = span.spanContext()
      console.log(JSON.stringify({ name, traceId, spanId, parent: span.parentSpanContext?.spanId, attributes, status }))
    }
    done({ code: 0 })
  },
  shutdown: async () => {},
}
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
`
  const client = `
const [, , port, traceparent, ...bodies] = process.argv
for (const body of bodies) {
  const { status } = await fetch('http://127.0.0.1:' + port + '/orders', { method: 'POST', body, headers: { traceparent, 'content-type': 'application/json' } })
  console.log(status)
}
`
  let project: Project

  beforeAll(async () => {
    project = await freshProject({
      packages: [
        'zod@4.6.7',
        '@opentelemetry/api@1.9.0',
        '@opentelemetry/sdk-trace-base@2.12.1',
        '@opentelemetry/context-async-hooks@2.12.1',
        '@opentelemetry/core@2.12.1',
      ],
      files: {
        'order.lock.json': lock,
        'order.contract.js': example('order.contract.js'),
        'otel/server.js': example('opentelemetry/server.js'),
        'otel/tracing.js': example('opentelemetry/tracing.js'),
        'otel/sdk.js': sdk,
        'client.js': client,
      },
    })
  })

  interface Span {
    readonly name: string
    readonly traceId: string
    readonly spanId: string
    readonly parent: string | undefined
    readonly attributes: Readonly<Record<string, unknown>>
  }

  test('makes a span of each call below the one of its request, and the daemon logs its trace', async () => {
    const socket = join(project.folder, 'd.sock')
    const daemon = await startDaemon({
      args: ['--socket', socket, '--contract', join(project.folder, 'order.lock.json'), '--log-sample', '1'],
    })
    const port = String(await freePort())
    const server = project.run(
      'sh',
      [
        '-c',
        // Ends with the client, and prints the spans.
        `node --import ./otel/sdk.js otel/server.js & pid=$!
       until node -e "require('net').connect(${port}, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"; do sleep 0.1; done
       node client.js ${port} "00-${'c'.repeat(32)}-${'d'.repeat(16)}-01" "$GOOD" '{"planted-marker":1}' >&2
       kill $pid; wait $pid`,
      ],
      { env: { PORT: port, SOCKET: socket, GOOD: good } },
    )
    const { stdout, stderr } = await server
    expect(stderr.trim().split('\n')).toEqual(['200', '422'])
    await daemon.stop()
    const spans = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Span)
    expect(stdout).not.toContain('planted-marker')
    const calls = spans.filter(({ name }) => name === 'sidelane order')
    const requests = spans.filter(({ name }) => name === 'POST /orders')
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(['c'.repeat(32)]))
    expect(requests.map(({ parent }) => parent)).toEqual(['d'.repeat(16), 'd'.repeat(16)])
    expect(calls.map(({ parent }) => parent)).toEqual(requests.map(({ spanId }) => spanId))
    expect(calls.map(({ attributes }) => [attributes['sidelane.placement'], attributes['sidelane.code']])).toEqual([
      ['sidecar', 'accepted'],
      ['sidecar', 'validate.failed'],
    ])
    const logged = daemon.log.filter(({ event }) => event === 'request').map((line) => line['trace_id'])
    expect(logged).toEqual(['c'.repeat(32), 'c'.repeat(32)])
  })
})
