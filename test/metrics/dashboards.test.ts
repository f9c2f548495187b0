// The dashboard and the alert rules of docs/observability name metrics, labels and values that apps and daemons have.
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { beforeAll, describe, expect, test } from 'vitest'
import { createProcessor, createRollout, errorTable, type Rollout } from '../../src/index.ts'
import { metricsText, type MetricsSource } from '../../src/metrics/index.ts'
import type { QueueStats } from '../../src/model/index.ts'
import { redisCache } from '../../src/redis-cache/index.ts'
import { ask, daemonKinds, needDaemon, socketFolder, startDaemon, type DaemonKind } from '../support/daemon.ts'
import { freshFolder } from '../support/folders.ts'
import { needTool } from '../support/tools.ts'
import { oldCode, order, payloadOf } from '../rollout/rollout-kit.ts'
import { tableBelow } from '../docs/pages.ts'

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/observability/${name}`, import.meta.url)), 'utf8')

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat?: string }[]
}
interface Variable {
  readonly name: string
  readonly type: string
  readonly query: unknown
  readonly definition?: string
  readonly datasource?: { readonly uid: string }
}
interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly annotations: Readonly<Record<string, string>>
}
const dashboard = JSON.parse(read('dashboard.json')) as {
  readonly id?: null
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly time: { readonly from: string; readonly to: string }
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
}
const { groups } = parse(read('alerts.yaml')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)
const expressions = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.templating.list.flatMap(({ name, definition }) =>
    definition === undefined ? [] : [[name, definition] as const],
  ),
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
]

/** The types by name, and the labels that samples of a metric have. */
interface Page {
  readonly types: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
}

function pageOf(...texts: readonly string[]): Page {
  const types = new Map<string, string>()
  const labels = new Map<string, Set<string>>()
  for (const text of texts) {
    for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) types.set(name, type)
    for (const [, name = '', pairs = ''] of text.matchAll(/^([a-z_]+)\{(.*)\} /gm)) {
      const known = labels.get(name) ?? new Set()
      labels.set(name, known)
      for (const [, label = ''] of pairs.matchAll(/(\w+)="/g)) known.add(label)
    }
  }
  return { types, labels }
}

const names = (expression: string): string[] => expression.match(/\bsidelane_[a-z_]+/g) ?? []
/** Prometheus adds them to each sample. */
const ofTarget = ['job', 'instance']

let appText: string
let rollout: Rollout
const daemonTexts = new Map<string, string>()
const file = socketFolder()

beforeAll(async () => {
  rollout = await createRollout({
    contract: order,
    baseline: oldCode,
    candidate: await createProcessor(order, { placement: 'pool', threads: 1, engine: 'js', cache: {} }),
    percent: 50,
    shadow: 100,
    log: false,
  })
  const sidecar = await createProcessor(order, {
    placement: 'sidecar',
    socket: file('nobody.sock'),
    fallback: 'inline',
    breaker: true,
    // Nothing listens there: it counts what it did not ask for.
    cache: { shared: redisCache({ connection: 'redis://127.0.0.1:1' }) },
  })
  for (let i = 0; i < 8; i++) await rollout.process(payloadOf(i))
  await sidecar.process(payloadOf('a'))
  const pool = await createProcessor(order, { placement: 'pool', threads: 1, engine: 'js' })
  const queue: QueueStats = {
    ...{ queue: 'sidelane', role: 'producer' as const, batches: { submitted: 1 }, payloads: { accepted: 1 } },
    ...{ redisErrors: 0, inFlight: 0, waiting: 0, blocked: false },
  }
  const producer: MetricsSource = { placement: 'queue', stats: () => ({ ...pool.stats(), queue }) }
  appText = metricsText([rollout, sidecar, pool, producer])
  await Promise.all([rollout.close(), sidecar.close(), pool.close()])
})

async function daemonText(kind: DaemonKind): Promise<string> {
  const known = daemonTexts.get(kind)
  if (known !== undefined) return known
  const socket = file(`${kind}.sock`)
  await startDaemon({
    kind,
    args: ['--socket', socket, '--contract', file('order.lock.json', { ...order.lock })],
  })
  const processor = await createProcessor(order, { placement: 'sidecar', socket })
  await processor.process(payloadOf('a'))
  await processor.close()
  const text = (await ask(socket, '/metrics')).body.toString()
  daemonTexts.set(kind, text)
  return text
}

describe('the page of an app', () => {
  test('has the names, types and labels of docs/observability.md', () => {
    const { types, labels } = pageOf(appText)
    const documented = tableBelow('docs/observability.md', 'Metrics of an app').flatMap(
      ([cell = '', type = '', own = '']) =>
        [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({
          name,
          type,
          labels: [...own.replaceAll(/\([^)]*\)/g, '').matchAll(/`(\w+)`/g)].map(([, label]) => label as string),
        })),
    )
    expect(Object.fromEntries(types)).toEqual(Object.fromEntries(documented.map(({ name, type }) => [name, type])))
    for (const { name, type, labels: own } of documented) {
      const suffix = type === 'histogram' ? '_count' : ''
      expect([...(labels.get(name + suffix) ?? [])], name).toEqual(own)
    }
  })

  test('has a sample of every metric but those of what did not happen', () => {
    const sampled = new Set(
      [...appText.matchAll(/^(sidelane_[a-z_]+?)(?:_bucket|_sum|_count)?[{ ]/gm)].map(([, name]) => name),
    )
    expect([...pageOf(appText).types.keys()].filter((name) => !sampled.has(name))).toEqual([])
  })
})

describe.each(daemonKinds)('with daemon %s', (kind) => {
  test.each(expressions)('"%s" names metrics and labels that exist', async (_title, expression) => {
    const page = pageOf(appText, await daemonText(kind))
    for (const name of names(expression)) {
      const base = name.replace(/_(bucket|sum|count)$/, '')
      expect(page.types.has(name) || page.types.get(base) === 'histogram', name).toBe(true)
    }
    const known = new Set([
      ...ofTarget,
      'le',
      ...names(expression).flatMap((name) => [...(page.labels.get(name) ?? [])]),
    ])
    const inMatchers = [...expression.matchAll(/[{,](\w+)(?:=~|!=|=|!~)"/g)].map(([, label]) => label as string)
    const inBy = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
    expect([...inMatchers, ...inBy].filter((label) => !known.has(label))).toEqual([])
  })

  test('the daemon is built', (context) => needDaemon(kind, context))
})

test('counters are asked for as rates, histograms by their buckets', () => {
  const { types } = pageOf(appText)
  for (const [title, expression] of expressions) {
    for (const [, name = ''] of expression.matchAll(/(?<!rate\(|increase\(|label_values\()\b(sidelane_[a-z_]+)/g)) {
      expect(types.get(name) ?? 'gauge', `${title}: ${name}`).toBe('gauge')
    }
  }
})

// What the import of Grafana takes: https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/
describe('the dashboard', () => {
  const { panels, templating, uid, title, schemaVersion, time } = dashboard

  test('has what Grafana needs to import it, and no id of another installation', () => {
    expect(uid).toMatch(/^[\w-]{1,40}$/)
    expect([title, time]).toEqual(['sidelane', { from: 'now-1h', to: 'now' }])
    // Grafana 10.1 and later; it brings older ones up to date, and refuses none.
    expect(schemaVersion).toBeGreaterThanOrEqual(38)
    expect(dashboard.id ?? null).toBe(null)
    expect(JSON.stringify(dashboard)).not.toContain('__inputs')
  })

  test('asks for its data source, and nothing in it has another', () => {
    const variable = templating.list[0]
    expect(variable).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    const sources = [...panels.filter(({ type }) => type !== 'row'), ...templating.list.slice(1)]
    for (const { datasource } of sources) expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' })
  })

  test('has the variables that it uses, and uses those that it has', () => {
    const used = [...JSON.stringify(panels).matchAll(/\$\{?([A-Za-z_]+)/g)].map(([, name]) => name as string)
    const own = new Set(used.filter((name) => !name.startsWith('__')))
    expect([...own].toSorted()).toEqual(templating.list.map(({ name }) => name).toSorted())
    expect(new Set(used.filter((name) => name.startsWith('__')))).toEqual(new Set(['__rate_interval']))
    for (const { type, query, definition } of templating.list.slice(1)) {
      expect([type, (query as { query: string }).query]).toEqual(['query', definition])
    }
  })

  test('has panels with ids of their own, queries with legends and units, and places that do not overlap', () => {
    const ids = panels.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const cells = new Set<string>()
    for (const { type, title: of, gridPos, targets = [], fieldConfig } of panels) {
      const { x, y, w, h } = gridPos
      expect(x >= 0 && w > 0 && h > 0 && x + w <= 24, of).toBe(true)
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(cells.has(`${column} ${row}`), of).toBe(false)
          cells.add(`${column} ${row}`)
        }
      }
      if (type === 'row') continue
      expect(type).toBe('timeseries')
      expect(targets.length, of).toBeGreaterThan(0)
      expect(new Set(targets.map(({ refId }) => refId)).size, of).toBe(targets.length)
      for (const { legendFormat } of targets) expect(legendFormat, of).toMatch(/\S/)
      // Units of Grafana's value formats.
      expect(['ops', 'reqps', 's', 'bytes', 'Bps', 'percent', 'short', 'none'], of).toContain(
        fieldConfig?.defaults.unit ?? 'none',
      )
    }
  })
})

// Prometheus itself reads the rules and the expressions, and runs them.
describe('promtool', () => {
  const promtool = (...args: readonly string[]): string =>
    execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  test('takes the alert rules, and each fires and does not fire as alerts.test.yaml says', (context) => {
    needTool('promtool', context)
    const folder = freshFolder()
    writeFileSync(join(folder, 'alerts.yaml'), read('alerts.yaml'))
    copyFileSync(fileURLToPath(new URL('alerts.test.yaml', import.meta.url)), join(folder, 'test.yaml'))
    expect(promtool('check', 'rules', join(folder, 'alerts.yaml'))).toContain('SUCCESS: 4 rules found')
    // It throws where one differs.
    promtool('test', 'rules', join(folder, 'test.yaml'))
  })

  test('every query of the dashboard has a result from the pages of an app and a daemon', async (context) => {
    needTool('promtool', context)
    needDaemon('sidelaned', context)
    // What did not happen here.
    const faults = ['deadline.exceeded', 'overloaded'].map(
      (code) => `sidelane_calls_total{contract="order",placement="pool",code="${code}"} 1\n`,
    )
    const series = [
      ...seriesOf(faults.join(''), 'job="app",instance="b"'),
      ...seriesOf(appText, 'job="app",instance="a"'),
      ...seriesOf(await daemonText('sidelaned'), 'job="sidelane",instance="d"'),
    ]
    const values: Readonly<Record<string, string>> = { app: '.*', daemon: '.*', contract: '.*', __rate_interval: '5m' }
    const queries = dashboard.panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? 'unknown')),
    )
    const file = join(freshFolder(), 'dashboard.yaml')
    // JSON is YAML.
    writeFileSync(
      file,
      JSON.stringify({
        rule_files: [],
        tests: [
          {
            interval: '1m',
            input_series: series,
            promql_expr_test: queries.map((query) => ({
              expr: `count(${query}) > bool 0`,
              eval_time: '10m',
              exp_samples: [{ labels: '{}', value: 1 }],
            })),
          },
        ],
      }),
    )
    promtool('test', 'rules', file)
  })

  /** The samples of a page, of which counters grow. */
  function seriesOf(text: string, target: string): { readonly series: string; readonly values: string }[] {
    return [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value = '']) => ({
      series: `${name}{${labels === '' ? '' : `${labels},`}${target}}`,
      values: /_(?:total|bucket|sum|count)$/.test(name) ? `0+${value}x20` : `${value}x20`,
    }))
  }
})

test('there are four alerts, and the codes of the first are the faults of calls', () => {
  expect(rules).toHaveLength(4)
  for (const rule of rules) expect(Object.keys(rule.annotations)).toEqual(['summary', 'description'])
  const [, pattern = ''] = /code=~"([^"]+)"/.exec(rules[0]?.expr ?? '') ?? []
  const matching = Object.entries(errorTable).filter(([code]) => new RegExp(`^(?:${pattern})$`).test(code))
  expect(matching.map(([code]) => code)).toEqual(
    Object.entries(errorTable)
      .filter(([code, { status }]) => status >= 500 || status === 429 || code.startsWith('contract.'))
      .map(([code]) => code),
  )
})
