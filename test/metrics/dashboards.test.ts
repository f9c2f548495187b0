// The dashboard and the alert rules of docs/observability name metrics, labels and values that apps and daemons have.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { beforeAll, describe, expect, test } from 'vitest'
import { createProcessor, createRollout, errorTable, type Rollout } from '../../src/index.ts'
import { metricsText } from '../../src/metrics/index.ts'
import { needDaemon, daemonKinds, socketFolder, startDaemon, ask } from '../support/daemon.ts'
import { oldCode, order, payloadOf } from '../rollout/rollout-kit.ts'
import { tableBelow } from '../docs/pages.ts'

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/observability/${name}`, import.meta.url)), 'utf8')

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly targets?: readonly { readonly expr: string }[]
}
interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly annotations: Readonly<Record<string, string>>
}
const dashboard = JSON.parse(read('dashboard.json')) as {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
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
    cache: {},
  })
  for (let i = 0; i < 8; i++) await rollout.process(payloadOf(i))
  await sidecar.process(payloadOf('a'))
  const pool = await createProcessor(order, { placement: 'pool', threads: 1, engine: 'js' })
  appText = metricsText([rollout, sidecar, pool])
  await Promise.all([rollout.close(), sidecar.close(), pool.close()])
})

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

  async function daemonText(of: typeof kind): Promise<string> {
    const known = daemonTexts.get(of)
    if (known !== undefined) return known
    const socket = file(`${of}.sock`)
    await startDaemon({
      kind: of,
      args: ['--socket', socket, '--contract', file('order.lock.json', { ...order.lock })],
    })
    const processor = await createProcessor(order, { placement: 'sidecar', socket })
    await processor.process(payloadOf('a'))
    await processor.close()
    const text = (await ask(socket, '/metrics')).body.toString()
    daemonTexts.set(of, text)
    return text
  }

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

test('the panels have ids of their own, and queries', () => {
  const ids = dashboard.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(dashboard.panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0)).toEqual([])
})

test('there are three alerts, and the codes of the first are the faults of calls', () => {
  expect(rules).toHaveLength(3)
  for (const rule of rules) expect(Object.keys(rule.annotations)).toEqual(['summary', 'description'])
  const [, pattern = ''] = /code=~"([^"]+)"/.exec(rules[0]?.expr ?? '') ?? []
  const matching = Object.entries(errorTable).filter(([code]) => new RegExp(`^(?:${pattern})$`).test(code))
  expect(matching.map(([code]) => code)).toEqual(
    Object.entries(errorTable)
      .filter(([code, { status }]) => status >= 500 || status === 429 || code.startsWith('contract.'))
      .map(([code]) => code),
  )
})
