// A record of a decision with realistic values, for the tests of its page.

import type { DecisionRecord, Measured, OptionId, OptionRow } from '../../src/decide/record.ts'

const measured = (median: number): Measured => ({ median, low: median * 0.97, high: median * 1.04 })
const mib = 2 ** 20

interface Figures {
  readonly callUs: number
  readonly cpuUs: number
  readonly mainUs: number
  readonly p99Us: number | null
  readonly app: number
  readonly sidecar?: number
  readonly gcMs: number
}

const option = (id: OptionId, label: string, engine: OptionRow['engine'], figures: Figures): OptionRow => ({
  id,
  label,
  placement: id.startsWith('today') ? 'today' : id.startsWith('inline') ? 'inline' : (id as 'pool' | 'sidecar'),
  engine,
  callUs: figures.callUs,
  callP99Us: figures.callUs * 2.4,
  cpuUs: measured(figures.cpuUs),
  speedup: measured(212 / figures.cpuUs),
  callsPerCoreSecond: 1e6 / figures.cpuUs,
  mainUs: measured(figures.mainUs),
  capacityPerSecond: 1.8e6 / figures.cpuUs,
  atRate: {
    perSecond: 2000,
    isCarried: figures.p99Us !== null,
    p50Us: figures.p99Us === null ? null : figures.callUs * 1.1,
    p99Us: figures.p99Us,
    calls: 8000,
    mainShare: figures.p99Us === null ? null : figures.mainUs * 0.002,
    stallP99Us: figures.p99Us === null ? null : figures.mainUs * 4,
  },
  appBytes: figures.app * mib,
  sidecarBytes: (figures.sidecar ?? 0) * mib,
  gc: { msPer1000: figures.gcMs, pauseP99Us: figures.gcMs * 300, pauses: 42, heapBytes: 31 * mib },
  sizeToZlib: 1.002,
  bodyBytes: 1331,
  verified: { payloads: 256, how: 'bodies decompress to the canonical form' },
})

const options: readonly OptionRow[] = [
  option('today', 'today: zod + node:zlib', null, {
    callUs: 205,
    cpuUs: 212,
    mainUs: 208,
    p99Us: 1240,
    app: 96,
    gcMs: 21,
  }),
  option('today-compiled', 'today, z.compile', null, {
    callUs: 141,
    cpuUs: 146,
    mainUs: 143,
    p99Us: 720,
    app: 97,
    gcMs: 17.5,
  }),
  option('inline-js', 'sidelane inline, js', 'js', {
    callUs: 88,
    cpuUs: 90,
    mainUs: 89,
    p99Us: 410,
    app: 92,
    gcMs: 5.2,
  }),
  option('inline-native', 'sidelane inline, native', 'native', {
    callUs: 30.2,
    cpuUs: 31,
    mainUs: 31,
    p99Us: 96,
    app: 88,
    gcMs: 1.1,
  }),
  option('pool', 'sidelane pool, native', 'native', {
    callUs: 136,
    cpuUs: 44,
    mainUs: 8.9,
    p99Us: 310,
    app: 104,
    gcMs: 1.6,
  }),
  option('sidecar', 'sidelane sidecar', 'native', {
    callUs: 71,
    cpuUs: 47,
    mainUs: 6,
    p99Us: 260,
    app: 87,
    sidecar: 4.7,
    gcMs: 1.4,
  }),
]

const curve = (id: OptionId, capacity: number, idleUs: number): DecisionRecord['curves'][number] => ({
  id,
  points: [0.1, 0.25, 0.5, 0.7, 0.85, 0.95].map((part) => ({
    perSecond: capacity * part,
    p50Us: idleUs / (1 - part * 0.8),
    p99Us: (idleUs * 2.5) / (1 - part) ** 1.3,
    mainShare: Math.min(1, part),
    refusedShare: 0,
  })),
})

const sizes: DecisionRecord['sizes'] = [256, 1024, 4006, 16_384, 65_536].map((bytes) => ({
  bytes,
  made:
    bytes === 4006 ? 'yours' : bytes < 4006 ? 'members of yours' : `${Math.round(bytes / 4006)} of yours in an array`,
  costs: [
    { id: 'today', cpuUs: 9 + bytes * 0.051, mainUs: 9 + bytes * 0.051 },
    { id: 'inline-js', cpuUs: 6 + bytes * 0.021, mainUs: 6 + bytes * 0.021 },
    { id: 'inline-native', cpuUs: 3 + bytes * 0.007, mainUs: 3 + bytes * 0.007 },
    { id: 'pool', cpuUs: 17 + bytes * 0.0078, mainUs: 6 + bytes * 0.0008 },
    { id: 'sidecar', cpuUs: 19 + bytes * 0.0079, mainUs: 5 + bytes * 0.0006 },
  ],
}))

export const decisionRecord: DecisionRecord = {
  schema: 1,
  kind: 'sidelane.decision',
  version: '0.1.0',
  at: '2026-11-29T17:30:00.000Z',
  seconds: 52.3,
  machine: {
    cpu: 'AMD EPYC',
    cores: 2,
    memoryBytes: 24 * 2 ** 30,
    os: 'Linux 6.18 x64',
    node: 'v20.20.2',
    v8: '11.3.244.8',
    zlib: '1.3.1',
    zod: '4.6.7',
    engine: 'native',
    engineReason: 'The native engine loaded.',
    daemon: 'sidelaned',
    poolThreads: 1,
  },
  noise: {
    loadBefore: 0.2,
    loadAfter: 1.4,
    otherCores: 0.05,
    stolenCores: 0.01,
    spread: 0.07,
    rounds: 9,
    cpuMethod: '/proc',
  },
  payloads: {
    source: 'orders.ndjson',
    count: 256,
    read: 260,
    isSample: false,
    distinct: 256,
    meanBytes: 4006,
    p50Bytes: 3900,
    p99Bytes: 9100,
    maxBytes: 11_200,
    rejected: 4,
    firstRejection: 'validate.failed at /lines/0/qty minimum',
    disagreed: 0,
  },
  contract: {
    name: 'order',
    id: '011a2cca849b33aa011a2cca849b33aa011a2cca849b33aa011a2cca849b33aa',
    from: 'lock',
    source: 'order.lock.json',
    codec: 'gzip',
    level: 1,
    lockBytes: 5210,
    nodes: 41,
    appOnly: 0,
    maxPayloadBytes: 1_048_576,
  },
  today: { kind: 'zod', text: 'JSON.parse, zod safeParse, JSON.stringify, gzipSync level 1' },
  rate: { perSecond: 2000, isGiven: true },
  options,
  notMeasured: [],
  leftOut: [],
  curves: [
    curve('today', 4700, 205),
    curve('today-compiled', 6800, 141),
    curve('inline-js', 11_000, 88),
    curve('inline-native', 32_000, 30.2),
    curve('pool', 26_000, 136),
    curve('sidecar', 34_000, 71),
  ],
  sizes,
  breakEven: [
    {
      axis: 'size',
      value: 512,
      below: 'do nothing',
      above: 'inline',
      option: 'inline-native',
      text: 'Below 512 bytes a payload, keep the old path; above, use inline.',
      steps: [
        { value: 256, balance: 0.7 },
        { value: 1024, balance: 1.4 },
      ],
      confirmation: { value: 512, balance: 1.03, isConfirmed: true },
    },
    {
      axis: 'rate',
      value: 8100,
      below: 'inline',
      above: 'pool',
      option: 'pool',
      text: 'From about 8,100 calls a second on use the pool: inline then takes a quarter of the main thread.',
      steps: [],
      confirmation: null,
    },
  ],
  stages: [
    {
      id: 'today',
      stages: [
        { name: 'json', us: 52 },
        { name: 'validate', us: 98 },
        { name: 'compress', us: 55 },
      ],
    },
    {
      id: 'inline-js',
      stages: [
        { name: 'json', us: 21 },
        { name: 'validate', us: 13 },
        { name: 'compress', us: 54 },
      ],
    },
    {
      id: 'inline-native',
      stages: [
        { name: 'json', us: 7.5 },
        { name: 'validate', us: 4.1 },
        { name: 'compress', us: 18.6 },
      ],
    },
  ],
  answers: [
    {
      id: 'cpu-bound',
      question: 'Is it CPU-bound?',
      yes: true,
      evidence: '99 % of the time of a call is CPU time of the thread.',
    },
    {
      id: 'bounded-output',
      question: 'Is its output bounded?',
      yes: true,
      evidence: 'Bodies are at most 1.1 times as large as payloads.',
    },
    {
      id: 'small-contract',
      question: 'Is its contract small?',
      yes: true,
      evidence: '41 schemas in a lock of 5.1 KB.',
    },
    {
      id: 'can-be-turned-off',
      question: 'Can it be turned off?',
      yes: true,
      evidence: 'The zod schema stays: every accepted payload gave the same document.',
    },
    { id: 'traffic-pays', question: 'Does the traffic pay?', yes: null, evidence: 'Unknown without --rate.' },
  ],
  stopRule: {
    minGain: 0.15,
    minSavingUs: 10,
    minCores: 0.05,
    maxMainShare: 0.25,
    maxBlockUs: 500,
    text: 'Keep the old path unless a way takes 15 % less CPU, saves 10 µs a payload and 0.05 cores.',
  },
  profile: null,
  money: { coreHourCost: 0.04, savedCores: 0.362, perMonth: 10.57 },
  recommendation: {
    use: 'inline',
    engine: 'native',
    option: 'inline-native',
    sentences: [
      'Use sidelane inline with the native engine.',
      'It takes 31 µs of CPU a payload instead of 212 (6.8 times less), and 6 % of the main thread at 2,000 calls a second.',
    ],
    confidence: 'high',
    reasons: ['The intervals of both ways are far apart: 6.5 to 7.1 times.', 'The machine was idle: load 0.2.'],
  },
  reproduce: {
    command: 'npx sidelane decide --payloads orders.ndjson --contract order.lock.json --rate 2000/s',
    payloadsDigest: 'ee7ad3759551be35277b110dc255e60caf5aa8b4bebf34f16780a706b372344e',
  },
}
