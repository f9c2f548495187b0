// The pictures of a run of the benchmark. One without data is left out.

import type { Bar, BarChart, Figure, LineChart, Series, Table } from '../../src/report/index.ts'
import type { Row } from '../report/row.ts'
import { stageNames, type StageRow } from '../stages/row.ts'
import { colorOf, idsOf, isShown } from './ids.ts'
import { allRates, sidecarRows, type FullResult } from './result.ts'

export function figuresOf(result: FullResult): Figure[] {
  const figures = [latency, bySize, speed, mainThread, byStage, memory, collections].map((figure) => figure(result))
  return figures.filter((figure) => figure !== undefined)
}

/** The first payload set, and its rows that do the work of `zod+zlib`. */
export function mainSet({ header, rows }: FullResult): { name: string; rows: readonly Row[] } {
  const name = header.sets[0]?.name ?? ''
  return { name, rows: rows.filter((row) => row.payloads === name && row.digest === 'none') }
}

/** A row of each contender: pools at the greatest depth. */
const deepest = (rows: readonly Row[]): Row[] =>
  idsOf(rows).flatMap((id) => {
    const own = rows.filter((row) => row.id === id)
    return own.filter((row) => row.depth === Math.max(...own.map(({ depth }) => depth))).slice(0, 1)
  })

/** With the work of `zod+zlib`, for each set. */
const deepestOfEach = (rows: readonly Row[]): Row[] => {
  const plain = rows.filter((row) => row.digest === 'none')
  return idsOf(plain.map(({ payloads }) => ({ id: payloads }))).flatMap((set) =>
    deepest(plain.filter((row) => row.payloads === set)),
  )
}

const single = (name: string, id: string, value: number): Bar => ({
  label: id,
  parts: [{ name, color: colorOf(id), value }],
})

const bars = (label: string, unit: BarChart['x']['unit'], list: readonly Bar[]): BarChart => ({
  kind: 'bars',
  x: { label, unit },
  bars: list,
  marks: [],
})

/** Rows of contenders that run on the caller's thread. */
const onOneThread = (result: FullResult): Row[] =>
  mainSet(result).rows.filter((row) => row.placement === 'inline' && !/-(?:trained|app)$/.test(row.id))

/** CPU time: other processes of the machine hardly change it. */
export function cpuChart(result: FullResult): BarChart {
  const name = 'CPU time a payload'
  return bars(
    name,
    'us',
    onOneThread(result).map((row) => single(name, row.id, row.mainThreadUs)),
  )
}

function speed(result: FullResult): Figure | undefined {
  const { name, rows } = mainSet(result)
  const chart = bars(
    'time a payload',
    'us',
    onOneThread(result).map((row) => single('time a payload', row.id, row.usPerPayload)),
  )
  if (chart.bars.length === 0) return undefined
  return {
    id: 'speed',
    title: 'Time a payload, on one thread',
    text: `Payload set ${name}, one call in flight; the median of the rounds.`,
    chart,
    table: {
      caption: 'Time a payload by contender',
      columns: [
        { title: 'Contender', unit: null },
        { title: 'In flight', unit: 'count' },
        { title: 'Time a payload', unit: 'us' },
        { title: 'p50', unit: 'us' },
        { title: 'p99', unit: 'us' },
        { title: '× zod+zlib', unit: 'times' },
      ],
      rows: rows.map((row) => ({
        cells: [row.id, row.depth, row.usPerPayload, row.p50Us, row.p99Us, row.ratioZodZlib],
      })),
    },
  }
}

function latency(result: FullResult): Figure | undefined {
  const rates = allRates(result)
  if (rates.length === 0) return undefined
  const series = idsOf(rates)
    .filter(isShown)
    .map((id): Series => ({
      name: id,
      color: colorOf(id),
      points: rates.filter((row) => row.id === id).map(({ perSecond, p99Us }) => ({ x: perSecond, y: p99Us })),
    }))
  return {
    id: 'latency',
    title: 'Latency against load',
    text: 'Payloads arrive by the clock at 25, 50 and 80 % of what each contender can do; the p99 counts from the scheduled arrival. Those behind a socket have the digest too.',
    chart: {
      kind: 'lines',
      x: { label: 'payloads a second', unit: 'rate', isLog: false },
      y: { label: 'p99', unit: 'us', isLog: true },
      series,
      marks: [],
    },
    table: {
      caption: 'Latency at fixed rates',
      columns: [
        { title: 'Contender', unit: null },
        { title: 'Of its capacity', unit: 'share' },
        { title: 'Payloads a second', unit: 'rate' },
        { title: 'p50', unit: 'us' },
        { title: 'p99', unit: 'us' },
        { title: 'Refused', unit: 'count' },
      ],
      rows: rates.map((row) => ({ cells: [row.id, row.share, row.perSecond, row.p50Us, row.p99Us, row.refused] })),
    },
  }
}

/** The sets of made payloads that differ in size alone. */
const sized = /^(?:clicks|orders)(?:-\d+(?:b|kb|mb))?$/

function bySize({ header, rows }: FullResult): Figure | undefined {
  const sets = header.sets.filter(({ name }) => sized.test(name)).toSorted((a, b) => a.meanBytes - b.meanBytes)
  const own = deepestOfEach(rows)
  if (sets.length < 2) return undefined
  const at = (id: string, set: string): Row | undefined => own.find((row) => row.id === id && row.payloads === set)
  const ids = idsOf(own)
  const chart: LineChart = {
    kind: 'lines',
    x: { label: 'mean size of a payload', unit: 'bytes', isLog: true },
    y: { label: 'time a payload', unit: 'us', isLog: true },
    series: ids.filter(isShown).map((id) => ({
      name: id,
      color: colorOf(id),
      points: sets.flatMap(({ name, meanBytes }) => {
        const row = at(id, name)
        return row === undefined ? [] : [{ x: meanBytes, y: row.usPerPayload }]
      }),
    })),
    marks: [],
  }
  return {
    id: 'size',
    title: 'Cost against payload size',
    text: 'Time a payload; pools with the most calls in flight. The smallest set has another contract.',
    chart,
    table: {
      caption: 'Time a payload by size',
      columns: [
        { title: 'Contender', unit: null },
        { title: 'Payload set', unit: null },
        { title: 'Mean size', unit: 'bytes' },
        { title: 'Time a payload', unit: 'us' },
      ],
      rows: ids.flatMap((id) =>
        sets.map(({ name, meanBytes }) => ({ cells: [id, name, meanBytes, at(id, name)?.usPerPayload ?? null] })),
      ),
    },
  }
}

/** Pools and sidecars with the most calls in flight, beside what runs on the caller's thread. */
export function mainThreadChart(result: FullResult): BarChart {
  const plain = deepest(mainSet(result).rows).filter((row) => isShown(row.id) || row.id === 'piscina-plain')
  const behind = sidecarRows(result).filter((row) => row.depth === 64 && isShown(row.id))
  const name = 'main thread a payload'
  return bars(name, 'us', [
    ...plain.map((row) => single(name, row.id, row.mainThreadUs)),
    ...behind.map((row) => single(name, row.id, row.clientUs)),
  ])
}

function mainThread(result: FullResult): Figure | undefined {
  const chart = mainThreadChart(result)
  if (chart.bars.length === 0) return undefined
  const { rows } = mainSet(result)
  return {
    id: 'main-thread',
    title: 'Main thread a payload',
    text: "CPU time of the app's main thread; pools and sidecars with 64 calls in flight, the sidecar with the digest.",
    chart,
    table: {
      caption: 'Main-thread time by contender',
      columns: [
        { title: 'Contender', unit: null },
        { title: 'Digest', unit: null },
        { title: 'In flight', unit: 'count' },
        { title: 'Main thread a payload', unit: 'us' },
      ],
      rows: [
        ...rows.map((row) => ({ cells: [row.id, row.digest, row.depth, row.mainThreadUs] })),
        ...sidecarRows(result).map((row) => ({ cells: [row.id, row.digest, row.depth, row.clientUs] })),
      ],
    },
  }
}

/** Ways of one payload through the stages, by the rows of the stages. */
const chains: readonly {
  readonly label: string
  readonly ids: Readonly<Partial<Record<StageRow['stage'], string>>>
}[] = [
  {
    label: 'zod, canonicalize, node:crypto, node:zlib',
    ids: {
      parse: 'JSON.parse',
      validate: 'zod',
      canonical: 'canonicalize',
      digest: 'node:crypto',
      compress: 'node:zlib-1',
    },
  },
  {
    label: 'the same with z.compile',
    ids: {
      parse: 'JSON.parse',
      validate: 'z.compile',
      canonical: 'canonicalize',
      digest: 'node:crypto',
      compress: 'node:zlib-1',
    },
  },
  ...['sidelane-js', 'sidelane-native'].map((id) => ({
    label: id,
    ids: { parse: id, validate: id, canonical: id, digest: id, compress: id },
  })),
]

function byStage({ header, stages = [] }: FullResult): Figure | undefined {
  const set = header.sets[0]?.name
  const own = stages.filter((row) => row.payloads === set)
  const list = chains.flatMap(({ label, ids }): Bar[] => {
    const parts = stageNames.flatMap((stage, index) => {
      const row = own.find((one) => one.stage === stage && one.id === ids[stage])
      return row === undefined ? [] : [{ name: stage, color: `part-${index + 1}` as 'part-1', value: row.us }]
    })
    // Without Rust there are no rows of the native engine.
    return parts.length === Object.keys(ids).length ? [{ label, parts }] : []
  })
  if (list.length === 0) return undefined
  return {
    id: 'stages',
    title: 'Where the time of a payload goes',
    text: `Each stage alone, payload set ${String(set)}; the best round.`,
    chart: bars('time a payload', 'us', list),
    table: {
      caption: 'Time by stage',
      columns: [
        { title: 'Contender', unit: null },
        { title: 'Stage', unit: null },
        { title: 'Time a payload', unit: 'us' },
      ],
      rows: own.map((row) => ({ cells: [row.id, row.stage, row.us] })),
    },
  }
}

function memory({ beforeAfter }: FullResult): Figure | undefined {
  if (beforeAfter === undefined) return undefined
  return {
    id: 'memory',
    title: 'Memory, before and after',
    text: `An app with one endpoint at ${Math.round(beforeAfter.perSecond).toLocaleString('en')} requests a second.`,
    chart: bars(
      'resident memory',
      'bytes',
      // Null where the system does not report it.
      beforeAfter.rows
        .filter(({ appRss }) => appRss > 0)
        .map(({ way, appRss, sidecarRss }) => ({
          label: way,
          parts: [
            { name: 'app', color: 'part-1', value: appRss },
            ...(sidecarRss > 0 ? [{ name: 'sidecar', color: 'part-5', value: sidecarRss } as const] : []),
          ],
        })),
    ),
    table: endpointTable(beforeAfter.rows),
  }
}

function collections({ beforeAfter }: FullResult): Figure | undefined {
  if (beforeAfter === undefined) return undefined
  const name = 'garbage collection'
  return {
    id: 'gc',
    title: 'Garbage collection, before and after',
    text: 'The same app: how long its main thread stops for garbage, for 1,000 requests.',
    chart: bars(
      'collection for 1,000 requests',
      'ms',
      beforeAfter.rows.map(({ way, gcMsPer1000 }) => ({ ...single(name, contenderOf[way], gcMsPer1000), label: way })),
    ),
    table: endpointTable(beforeAfter.rows),
  }
}

/** For the color. */
const contenderOf = {
  'zod+zlib': 'zod+zlib',
  inline: 'inline-native',
  pool: 'pool-native',
  sidecar: 'sidecar-rust',
} as const

const endpointTable = (rows: NonNullable<FullResult['beforeAfter']>['rows']): Table => ({
  caption: 'The endpoint before and after',
  columns: [
    { title: 'Way', unit: null },
    { title: 'App', unit: 'bytes' },
    { title: 'Sidecar', unit: 'bytes' },
    { title: 'GC for 1,000', unit: 'ms' },
    { title: 'GC pause, p95', unit: 'ms' },
    { title: 'Response, p99', unit: 'ms' },
    { title: 'Stall, p99', unit: 'ms' },
    { title: 'CPU for 1,000', unit: 'ms' },
  ],
  rows: rows.map((row) => ({
    cells: [
      row.way,
      row.appRss,
      row.sidecarRss,
      row.gcMsPer1000,
      row.gcP95Ms,
      row.p99Ms,
      row.stallP99Ms,
      row.cpuMsPer1000,
    ],
  })),
})
