// The pictures of a decision.

import type { BreakEven, DecisionRecord, OptionId, OptionRow } from '../decide/record.ts'
import { format, sentence } from './format.ts'
import type { Bar, ColorName, Figure, Mark, Series } from './page.ts'

const colors: Readonly<Record<OptionId, ColorName>> = {
  today: 'today',
  'today-compiled': 'compiled',
  'inline-js': 'js',
  'inline-native': 'native',
  pool: 'pool',
  sidecar: 'sidecar',
}

/** Names for pictures: short, because they stand at the ends of lines. */
const names: Readonly<Record<OptionId, string>> = {
  today: 'today',
  'today-compiled': 'today, compiled',
  'inline-js': 'inline, js',
  'inline-native': 'inline, native',
  pool: 'pool',
  sidecar: 'sidecar',
}

/** A picture without data is left out. */
export function decisionFigures(record: DecisionRecord): Figure[] {
  return [
    latency(record),
    bySize(record),
    mainThread(record),
    byStage(record),
    memory(record),
    collections(record),
  ].filter((figure) => figure !== undefined)
}

function latency({ curves, rate }: DecisionRecord): Figure | undefined {
  const shown = curves.filter(({ points }) => points.length > 0)
  if (shown.length === 0) return undefined
  const points = shown.flatMap(({ id, points }) => points.map((point) => ({ id, ...point })))
  const furthest = shown
    .map(({ id, points }) => ({
      id,
      perSecond: Math.max(
        ...points.filter(({ refusedShare }) => refusedShare === 0).map(({ perSecond }) => perSecond),
        0,
      ),
    }))
    .reduce((most, one) => (one.perSecond > most.perSecond ? one : most))
  return {
    id: 'latency',
    title: 'Latency against load',
    text: `How late the slowest one of 100 answers comes (p99) as calls arrive faster; the flattest line that reaches your rate is the best. Measured up to ${format('rate', furthest.perSecond)} (${names[furthest.id]}).`,
    chart: {
      kind: 'lines',
      x: { label: 'calls a second', unit: 'rate', isLog: false },
      y: { label: 'p99', unit: 'us', isLog: true },
      series: shown.map(({ id, points }) => ({
        name: names[id],
        color: colors[id],
        points: points.map(({ perSecond, p99Us }) => ({ x: perSecond, y: p99Us })),
      })),
      marks: rate.isGiven ? [{ at: rate.perSecond, label: `your rate: ${format('rate', rate.perSecond)}` }] : [],
    },
    table: {
      caption: 'Latency at rising rates',
      columns: [
        { title: 'Option', unit: null },
        { title: 'Calls a second', unit: 'rate' },
        { title: 'p50', unit: 'us' },
        { title: 'p99', unit: 'us' },
        { title: 'Main thread', unit: 'share' },
        { title: 'Refused or late', unit: 'share' },
      ],
      rows: points.map((point) => ({
        cells: [names[point.id], point.perSecond, point.p50Us, point.p99Us, point.mainShare, point.refusedShare],
      })),
    },
  }
}

function mainThread({ options, rate, stopRule }: DecisionRecord): Figure | undefined {
  const shown = options.filter((option): option is OptionRow => option.atRate.mainShare !== null)
  if (shown.length === 0) return undefined
  return {
    id: 'main-thread',
    title: `Share of the main thread at ${format('rate', rate.perSecond)}`,
    text: 'What the work leaves of the main thread is there for everything else that the app does.',
    chart: {
      kind: 'bars',
      x: { label: 'share of the main thread', unit: 'share' },
      bars: shown.map((option) => bar(option, 'main thread', option.atRate.mainShare ?? 0)),
      marks: [{ at: stopRule.maxMainShare, label: `limit: ${format('share', stopRule.maxMainShare)}` }],
    },
    table: {
      caption: 'Share of the main thread',
      columns: [
        { title: 'Option', unit: null },
        { title: 'Share of the main thread', unit: 'share' },
        { title: 'Event loop delay, p99', unit: 'us' },
      ],
      rows: options.map(({ id, atRate }) => ({ cells: [names[id], atRate.mainShare, atRate.stallP99Us] })),
    },
  }
}

const bar = ({ id }: OptionRow, name: string, value: number): Bar => ({
  label: names[id],
  parts: [{ name, color: colors[id], value }],
})

function bySize({ sizes, breakEven }: DecisionRecord): Figure | undefined {
  if (sizes.length < 2) return undefined
  const ids = [...new Set(sizes.flatMap(({ costs }) => costs.map(({ id }) => id)))]
  const series = ids.map((id): Series => ({
    name: names[id],
    color: colors[id],
    points: sizes.flatMap(({ bytes, costs }) =>
      costs.filter((cost) => cost.id === id).map((cost) => ({ x: bytes, y: cost.cpuUs })),
    ),
  }))
  const marks = breakEven
    .filter(isAtSize)
    .map(({ value }): Mark => ({ at: value, label: `break-even: ${format('bytes', value)}` }))
  const [text] = breakEven.filter(({ axis }) => axis === 'size').map((one) => sentence(one.text))
  return {
    id: 'size',
    title: 'Cost against payload size',
    text: text ?? 'CPU time for one payload, all threads and processes together.',
    chart: {
      kind: 'lines',
      x: { label: 'size of a payload', unit: 'bytes', isLog: true },
      y: { label: 'CPU a payload', unit: 'us', isLog: true },
      series,
      marks,
    },
    table: {
      caption: 'Cost by payload size',
      columns: [
        { title: 'Size', unit: 'bytes' },
        { title: 'Payloads', unit: null },
        { title: 'Option', unit: null },
        { title: 'CPU a payload', unit: 'us' },
        { title: 'Main thread a payload', unit: 'us' },
      ],
      rows: sizes.flatMap(({ bytes, made, costs }) =>
        costs.map(({ id, cpuUs, mainUs }) => ({ cells: [bytes, made, names[id], cpuUs, mainUs] })),
      ),
    },
  }
}

const isAtSize = (one: BreakEven): one is BreakEven & { readonly value: number } =>
  one.axis === 'size' && one.value !== null

const stageNames = { json: 'read and write JSON', validate: 'validate', compress: 'compress' } as const
const stageColors = { json: 'part-1', validate: 'part-2', compress: 'part-3' } as const

function byStage({ stages }: DecisionRecord): Figure | undefined {
  if (stages.length === 0) return undefined
  return {
    id: 'stages',
    title: 'Where the time of a payload goes',
    text: 'The stages on one thread, one after the other.',
    chart: {
      kind: 'bars',
      x: { label: 'time a payload', unit: 'us' },
      bars: stages.map(({ id, stages }) => ({
        label: names[id],
        parts: stages.map(({ name, us }) => ({ name: stageNames[name], color: stageColors[name], value: us })),
      })),
      marks: [],
    },
    table: {
      caption: 'Time by stage',
      columns: [
        { title: 'Option', unit: null },
        { title: 'Stage', unit: null },
        { title: 'Time a payload', unit: 'us' },
      ],
      rows: stages.flatMap(({ id, stages }) =>
        stages.map(({ name, us }) => ({ cells: [names[id], stageNames[name], us] })),
      ),
    },
  }
}

function memory({ options }: DecisionRecord): Figure | undefined {
  const shown = options.filter(({ appBytes, sidecarBytes }) => appBytes !== null && sidecarBytes !== null)
  if (shown.length === 0) return undefined
  return {
    id: 'memory',
    title: 'Memory, before and after',
    text: 'Resident memory of the app after the load, and of the sidecar where there is one.',
    chart: {
      kind: 'bars',
      x: { label: 'resident memory', unit: 'bytes' },
      bars: shown.map(({ id, appBytes, sidecarBytes }) => ({
        label: names[id],
        parts: [
          { name: 'app', color: 'part-1', value: appBytes ?? 0 },
          ...(sidecarBytes ? [{ name: 'sidecar', color: 'part-5', value: sidecarBytes } as const] : []),
        ],
      })),
      marks: [],
    },
    table: {
      caption: 'Resident memory',
      columns: [
        { title: 'Option', unit: null },
        { title: 'App', unit: 'bytes' },
        { title: 'Sidecar', unit: 'bytes' },
        { title: 'Heap in use', unit: 'bytes' },
      ],
      rows: options.map(({ id, appBytes, sidecarBytes, gc }) => ({
        cells: [names[id], appBytes, sidecarBytes, gc.heapBytes],
      })),
    },
  }
}

function collections({ options }: DecisionRecord): Figure | undefined {
  if (options.length === 0) return undefined
  return {
    id: 'gc',
    title: 'Garbage collection, before and after',
    text: 'How long the main thread stops for garbage, for 1,000 payloads.',
    chart: {
      kind: 'bars',
      x: { label: 'collection for 1,000 payloads', unit: 'ms' },
      bars: options.map((option) => bar(option, 'garbage collection', option.gc.msPer1000)),
      marks: [],
    },
    table: {
      caption: 'Garbage collection on the main thread',
      columns: [
        { title: 'Option', unit: null },
        { title: 'For 1,000 payloads', unit: 'ms' },
        { title: 'Pause, p99', unit: 'us' },
        { title: 'Pauses', unit: 'count' },
      ],
      rows: options.map(({ id, gc }) => ({ cells: [names[id], gc.msPer1000, gc.pauseP99Us, gc.pauses] })),
    },
  }
}
