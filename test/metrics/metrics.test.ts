// `sidelane/metrics`: the page, and a registry of prom-client. The real prom-client is in test/package/observability.test.ts.
import { describe, expect, onTestFinished, test } from 'vitest'
import { createHost, createProcessor, createRollout } from '../../src/index.ts'
import {
  logCalls,
  metricsText,
  registerMetrics,
  type CallLine,
  type LogCallsOptions,
  type MetricsSources,
} from '../../src/metrics/index.ts'
import { contractOf } from '../support/locks.ts'
import { inline, oldCode, order, payloadOf } from '../rollout/rollout-kit.ts'

/** The value of each line, by name and labels. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const samples = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
  // No sample is there twice.
  expect(samples.size).toBe(lines.length)
  return samples
}

const page = (sources: MetricsSources): Map<string, number> => samplesOf(metricsText(sources))
const ofOrder = 'contract="order",placement="inline"'

test('the page has the format of Prometheus: a head for each metric, and its samples below', async () => {
  const processor = await inline()
  await processor.process(payloadOf('a'))
  let name = ''
  for (const line of metricsText(processor).trimEnd().split('\n')) {
    if (line.startsWith('# HELP ')) name = line.split(' ')[2] as string
    else if (line.startsWith('# TYPE ')) expect(line).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`))
    else
      expect(line).toMatch(
        new RegExp(`^${name}(_bucket|_sum|_count)?(\\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\\})? [0-9.e+-]+$`),
      )
  }
})

describe('calls', () => {
  test('are counted by code, with bytes and times', async () => {
    const processor = await inline()
    await processor.process(payloadOf('a'))
    await processor.process('{"id":1}')
    const samples = page(processor)
    expect(samples.get(`sidelane_calls_total{${ofOrder},code="accepted"}`)).toBe(1)
    expect(samples.get(`sidelane_calls_total{${ofOrder},code="validate.failed"}`)).toBe(1)
    expect(samples.get(`sidelane_call_in_bytes_total{${ofOrder}}`)).toBe(28)
    for (const name of ['call', 'call_run', 'call_queue_wait', 'call_added']) {
      expect(samples.get(`sidelane_${name}_seconds_count{${ofOrder}}`)).toBe(2)
      expect(samples.get(`sidelane_${name}_seconds_bucket{${ofOrder},le="+Inf"}`)).toBe(2)
      expect(samples.get(`sidelane_${name}_seconds_bucket{${ofOrder},le="0.000025"}`)).toBeLessThanOrEqual(2)
    }
  })

  test('of processors with the same labels are added; a source that is named twice counts once', async () => {
    const [one, other] = [await inline(), await inline()]
    await one.process(payloadOf('a'))
    await other.process(payloadOf('a'))
    expect(page([one, other, one]).get(`sidelane_calls_total{${ofOrder},code="accepted"}`)).toBe(2)
  })

  test('of a host are those of each contract, with what closed processors did, and count once beside it', async () => {
    const host = await createHost({ engine: 'js' })
    onTestFinished(() => host.close())
    const first = host.processor(order)
    await first.process(payloadOf('a'))
    await first.close()
    const second = host.processor(order)
    await second.process(payloadOf('b'))
    const text = host.processor(contractOf({ type: 'string' }, { name: 'text' }))
    await text.process('"x"')
    const samples = page([second, host])
    expect(samples.get(`sidelane_calls_total{${ofOrder},code="accepted"}`)).toBe(2)
    expect(samples.get('sidelane_calls_total{contract="text",placement="inline",code="accepted"}')).toBe(1)
  })

  test('of a function are read at each scrape', async () => {
    const processors = [await inline()]
    const sources = (): typeof processors => processors
    expect(page(sources).get(`sidelane_calls_total{${ofOrder},code="accepted"}`)).toBe(0)
    processors.push(await inline())
    await processors[1]?.process(payloadOf('a'))
    expect(page(sources).get(`sidelane_calls_total{${ofOrder},code="accepted"}`)).toBe(1)
  })
})

test('policies of a host are counted once, without a contract', async () => {
  const host = await createHost({
    placement: 'sidecar',
    socket: '/nonexistent/s.sock',
    fallback: 'inline',
    breaker: true,
  })
  onTestFinished(() => host.close())
  const processors = [host.processor(order), host.processor(contractOf({}, { name: 'other' }))]
  for (const processor of processors) await processor.process('{"id":"a"}')
  for (const sources of [host, processors, [host, ...processors]]) {
    const samples = page(sources)
    const shared = 'contract="",placement="sidecar"'
    expect(samples.get(`sidelane_fallbacks_total{${shared},cause="unavailable"}`)).toBe(2)
    expect(samples.get(`sidelane_breaker_state{${shared},state="closed"}`)).toBe(1)
    expect(samples.get(`sidelane_breaker_state{${shared},state="open"}`)).toBe(0)
    expect([...samples.keys()].filter((key) => key.startsWith('sidelane_breaker_state'))).toHaveLength(3)
  }
})

test('a rollout has its percent, its sides and its shadow runs', async () => {
  const candidate = await createProcessor(order, { engine: 'js' })
  const rollout = await createRollout({
    contract: order,
    baseline: oldCode,
    candidate,
    percent: 12.5,
    shadow: 100,
    log: false,
  })
  onTestFinished(() => rollout.close())
  for (let i = 0; i < 40; i++) await rollout.process(payloadOf(i))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const samples = page(rollout)
  expect(samples.get(`sidelane_rollout_percent{${ofOrder}}`)).toBe(12.5)
  expect(samples.get(`sidelane_rollout_held{${ofOrder}}`)).toBe(0)
  const side = (name: string): number =>
    samples.get(`sidelane_rollout_side_calls_total{${ofOrder},side="${name}",result="accepted"}`) as number
  expect(side('baseline') + side('candidate')).toBe(40)
  expect(samples.has(`sidelane_shadow_runs_total{${ofOrder},result="mismatched"}`)).toBe(true)
  expect(samples.get(`sidelane_calls_total{${ofOrder},code="accepted"}`)).toBe(40)
  // For its policies: its calls are those of the rollout.
  expect(page([rollout, candidate]).get(`sidelane_calls_total{${ofOrder},code="accepted"}`)).toBe(40)
})

interface Metric {
  name: string
  readonly type: string
  readonly aggregator: string
  get(): Promise<{
    readonly name: string
    readonly aggregator: string
    readonly values: readonly { metricName?: string; labels: object; value: number }[]
  }>
}
class Registry {
  readonly metrics = new Map<string, Metric>()
  registerMetric(metric: Metric): void {
    if (this.metrics.has(metric.name)) throw new Error(`${metric.name} is there`)
    this.metrics.set(metric.name, metric)
  }
  removeSingleMetric(name: string): void {
    this.metrics.delete(name)
  }
}

describe('a registry', () => {
  test('gets what the page has, and gives it back', async () => {
    const processor = await inline()
    await processor.process(payloadOf('a'))
    const registry = new Registry()
    const remove = registerMetrics(registry, processor)
    const heads = [...metricsText(processor).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect([...registry.metrics.keys()]).toEqual(heads)
    const { values } = (await registry.metrics.get('sidelane_calls_total')?.get()) ?? { values: [] }
    expect(values).toEqual([{ labels: { contract: 'order', placement: 'inline', code: 'accepted' }, value: 1 }])
    await new Promise((resolve) => setImmediate(resolve))
    await processor.process(payloadOf('a'))
    expect((await registry.metrics.get('sidelane_calls_total')?.get())?.values[0]?.value).toBe(2)
    remove()
    expect(registry.metrics.size).toBe(0)
  })
})

test('what processes share is not added: the largest value is that of a cluster', async () => {
  const registry = new Registry()
  registerMetrics(registry, await inline())
  const largest = [...registry.metrics.values()].filter(({ aggregator }) => aggregator === 'max')
  expect(largest.map(({ name }) => name)).toEqual([
    'sidelane_rollout_percent',
    'sidelane_rollout_held',
    'sidelane_queue_batches_waiting',
    'sidelane_queue_blocked',
  ])
  for (const metric of registry.metrics.values()) {
    expect((await metric.get()).aggregator).toBe(metric.aggregator)
    expect(['sum', 'max']).toContain(metric.aggregator)
  }
})

test('sources and registries that are none are refused', async () => {
  const processor = await inline()
  const refused = expect.objectContaining({ code: 'options.invalid' }) as Error
  for (const sources of [undefined, null, 5, 'text', {}, [processor, undefined], () => undefined]) {
    expect(() => metricsText(sources as MetricsSources)).toThrow(refused)
  }
  for (const registry of [undefined, {}, { registerMetric() {} }]) {
    expect(() => registerMetrics(registry as never, processor)).toThrow(refused)
  }
  expect(() => registerMetrics(new Registry(), {} as MetricsSources)).toThrow(refused)
})

describe('logCalls', () => {
  test('refuses what is no option', () => {
    for (const options of [{ sample: 'x' }, { sample: 2 }, { sampel: 0.1 }, { write: 5 }, null]) {
      expect(() => logCalls(options as LogCallsOptions)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
    }
  })

  const log = (sample: number): CallLine[] => {
    const lines: CallLine[] = []
    onTestFinished(logCalls({ sample, write: (line) => void lines.push(line) }))
    return lines
  }

  test('writes a line for each call, without the payload', async () => {
    const processor = await inline()
    const lines = log(1)
    const traceId = 'ab'.repeat(16)
    await processor.process(payloadOf('planted-marker'), { traceparent: `00-${traceId}-${'1'.repeat(16)}-01` })
    await processor.process('{"id":1}', { traceparent: 'broken' })
    expect(Object.keys(lines[0] as object)).toEqual([
      'time',
      'level',
      'event',
      'trace_id',
      'route',
      'in_bytes',
      'out_bytes',
      'millis',
      'status',
      'placement',
      'engine',
    ])
    expect(lines[0]).toMatchObject({ trace_id: traceId, route: 'order', in_bytes: 33, status: 200, engine: 'js' })
    expect(lines[1]).toMatchObject({ level: 'info', code: 'validate.failed', status: 422, out_bytes: 0 })
    expect(lines[1]).not.toHaveProperty('trace_id')
    expect(JSON.stringify(lines)).not.toContain('planted-marker')
  })

  test('has the side and the cause of a fallback', async () => {
    const processor = await createProcessor(order, {
      placement: 'sidecar',
      socket: '/nonexistent/s.sock',
      fallback: 'inline',
    })
    onTestFinished(() => processor.close())
    const lines = log(1)
    await processor.process(payloadOf('a'))
    expect(lines[0]).toMatchObject({ placement: 'inline', fallback: 'unavailable', status: 200 })
  })

  test('writes faults whatever the sample is', async () => {
    const processor = await inline()
    const lines = log(0)
    await processor.process(payloadOf('a'))
    await processor.close()
    await processor.process(payloadOf('a')).catch(() => {})
    expect(lines.map(({ level, code }) => [level, code])).toEqual([['error', 'unavailable']])
  })
})
