// The recommendation from synthetic rows: what is said, and when nothing may be said.

import { describe, expect, test } from 'vitest'
import { savedCores } from '../../src/decide/judge.ts'
import { recommend, type Findings } from '../../src/decide/recommend.ts'
import type { Measured, OptionId, OptionRow } from '../../src/decide/record.ts'
import { defaultLimits } from '../../src/decide/placement-rule.ts'

interface Costs {
  readonly cpu: number
  readonly main?: number
  readonly capacity?: number
  readonly app?: number
  readonly sidecar?: number
}

const todayUs = 200

/** `noise`: half the width of every interval, as a share. */
function row(id: OptionId, { cpu, main = cpu, capacity, app = 90e6, sidecar = 0 }: Costs, noise: number): OptionRow {
  const around = (median: number): Measured => ({ median, low: median * (1 - noise), high: median * (1 + noise) })
  const placement = id.startsWith('today') ? 'today' : id.startsWith('inline') ? 'inline' : (id as 'pool' | 'sidecar')
  return {
    id,
    label: id,
    placement,
    engine: placement === 'today' ? null : id === 'inline-js' ? 'js' : 'native',
    callUs: main,
    callP99Us: 2 * main,
    cpuUs: around(cpu),
    speedup: id === 'today' ? { median: 1, low: 1, high: 1 } : around(todayUs / cpu),
    callsPerCoreSecond: 1e6 / cpu,
    mainUs: around(main),
    capacityPerSecond: capacity ?? 1e6 / main,
    atRate: { perSecond: 100, isCarried: true, p50Us: 1, p99Us: 2, calls: 9, mainShare: 0.1, stallP99Us: 1 },
    appBytes: app,
    sidecarBytes: sidecar,
    gc: { msPer1000: 1, pauseP99Us: 1, pauses: 1, heapBytes: 1 },
    sizeToZlib: 1,
    bodyBytes: 1300,
    verified: { payloads: 256, how: '' },
  }
}

type Options = Readonly<Partial<Record<OptionId, Costs>>>

function findings(options: Options, more: Partial<Findings> & { readonly noise0?: number } = {}): Findings {
  const { noise0 = 0.02, ...rest } = more
  return {
    rows: Object.entries(options).map(([id, costs]) => row(id as OptionId, costs, noise0)),
    rate: { perSecond: 1000, isGiven: false },
    limits: defaultLimits,
    noise: {
      ...{ loadBefore: 0.2, loadAfter: 0.5, otherCores: 0.05, stolenCores: 0, spread: 2 * noise0 },
      ...{ rounds: 9, cpuMethod: 'schedstat' },
    },
    cores: 4,
    payloads: {
      ...{ source: 'o.ndjson', count: 256, read: 256, isSample: false, distinct: 256 },
      ...{ meanBytes: 4000, p50Bytes: 4000, p99Bytes: 6000, maxBytes: 7000 },
      ...{ rejected: 0, firstRejection: null, disagreed: 0 },
    },
    today: { kind: 'zod', text: '' },
    profile: null,
    ...rest,
  }
}

const usual: Options = {
  today: { cpu: 200 },
  'inline-js': { cpu: 110 },
  'inline-native': { cpu: 45 },
  pool: { cpu: 60, main: 9, capacity: 60_000 },
  sidecar: { cpu: 75, main: 14, capacity: 50_000, sidecar: 8e6 },
}
const at = (perSecond: number): Partial<Findings> => ({ rate: { perSecond, isGiven: true } })
const without = (...ids: OptionId[]): Options =>
  Object.fromEntries(Object.entries(usual).filter(([id]) => !ids.includes(id as OptionId)))

describe('what is recommended', () => {
  test('without a rate nothing is said about traffic: inline, and from which rate on it would not do', () => {
    const { use, sentences } = recommend(findings(usual))
    expect(use).toBe('inline')
    expect(sentences[1]).toContain('the pool is not worth its cost below about 5,600/s')
  })

  test('inline with the faster engine, with the gain, and from which rate on it pays', () => {
    const { use, engine, option, sentences, confidence } = recommend(findings(without('pool', 'sidecar')))
    expect({ use, engine, option, confidence }).toEqual({
      ...{ use: 'inline', engine: 'native', option: 'inline-native', confidence: 'high' },
    })
    expect(sentences).toHaveLength(2)
    expect(sentences[0]).toContain('45 µs of CPU instead of 200 µs, 4.4 times less')
    expect(sentences[1]).toContain('It pays from about 320/s on')
  })

  test('inline at a rate that pays, the pool above the rate at which inline takes a quarter of the main thread', () => {
    expect(recommend(findings(usual, at(500)))).toMatchObject({ use: 'inline' })
    const busy = recommend(findings(usual, at(7000)))
    expect(busy).toMatchObject({ use: 'pool', option: 'pool' })
    expect(busy.sentences[0]).toContain('at 7,000/s inline would take 32 % of the main thread')
  })

  test('nothing at a rate that saves too little of a core', () => {
    const { use, option, sentences } = recommend(findings(usual, at(20)))
    expect({ use, option }).toEqual({ use: 'do nothing', option: null })
    expect(sentences[0]).toContain('saves about 0.0031 of a core')
    expect(sentences[1]).toContain('from about 320/s on')
  })

  test('nothing for tiny payloads', () => {
    const tiny = { today: { cpu: 9 }, 'inline-js': { cpu: 5 }, 'inline-native': { cpu: 3 }, pool: { cpu: 9, main: 4 } }
    expect(recommend(findings(tiny)).sentences[0]).toContain(
      'of the 9.0 µs of CPU that a payload takes, the best way saves 6.0 µs',
    )
  })

  test('nothing where ours is dearer', () => {
    const slow = recommend(findings({ today: { cpu: 200 }, 'inline-js': { cpu: 230 } }))
    expect(slow).toMatchObject({ use: 'do nothing' })
    expect(slow.sentences[0]).toContain('200 µs of CPU today, and 230 µs inline')
  })

  test('z.compile is compared, too: a gain that it brings alone is not ours', () => {
    const compiled = recommend(
      findings({ today: { cpu: 200 }, 'today-compiled': { cpu: 100 }, 'inline-js': { cpu: 95 } }),
    )
    expect(compiled).toMatchObject({ use: 'do nothing' })
    expect(compiled.sentences[1]).toContain('z.compile alone takes it down from 200 µs')
  })

  test('off the main thread where a call would block it, at any rate', () => {
    const large: Options = {
      today: { cpu: 9000 },
      'inline-native': { cpu: 3000 },
      pool: { cpu: 3100, main: 90, app: 150e6 },
      sidecar: { cpu: 3300, main: 95, app: 90e6, sidecar: 20e6 },
    }
    // Both free the main thread alike: the sidecar takes less memory.
    const chosen = recommend(findings(large, at(30)))
    expect(chosen).toMatchObject({ use: 'sidecar' })
    expect(chosen.sentences[0]).toContain('one call would hold up the event loop for 3.0 ms')
  })

  test('off the main thread also without a gain in CPU, if that does not cost half as much again', () => {
    const relieved = (cpu: number): Options => ({
      today: { cpu: 3000 },
      'inline-js': { cpu: 2900 },
      pool: { cpu, main: 90 },
    })
    expect(recommend(findings(relieved(3200), at(100)))).toMatchObject({ use: 'pool' })
    expect(recommend(findings(relieved(5000), at(100)))).toMatchObject({ use: 'do nothing' })
  })

  test('nothing where the profile of the app shows no hot path', () => {
    const profile = { source: 'p.json', cpuBound: false, movableShare: 0.04, hotPath: false }
    const { use, sentences } = recommend(findings(usual, { ...at(5000), profile }))
    expect(use).toBe('do nothing')
    expect(sentences[0]).toContain("4 % of your app's main-thread time")
  })

  test('without inline or today nothing is said', () => {
    expect(recommend(findings({ today: { cpu: 200 } }))).toMatchObject({ use: 'undecided', option: null })
  })

  test('a rate that the way does not carry: several processes, and nothing about lower rates', () => {
    const base = findings(usual, at(40_000))
    const rows = base.rows.map((one) => ({ ...one, atRate: { ...one.atRate, isCarried: false } }))
    const slow = rows.map((one) => (one.id === 'pool' ? { ...one, capacityPerSecond: 30_000 } : one))
    const { use, sentences } = recommend({ ...base, rows: slow.filter(({ id }) => id !== 'sidecar') })
    expect(use).toBe('inline')
    expect(sentences[0]).toContain(
      'Use sidelane inline with the native engine, in several processes, as one carries about 22,000/s of your 40,000/s: ',
    )
    expect(sentences[1]).not.toContain('not worth its cost')
    const pool = recommend({ ...base, rows })
    expect(pool).toMatchObject({ use: 'pool' })
    expect(pool.sentences[0]).toContain('native engine, in several processes, as one falls behind at your 40,000/s: ')
  })

  test('limits of 0 hold at any rate', () => {
    const limits = { ...defaultLimits, minCores: 0 }
    expect(recommend(findings(without('pool', 'sidecar'), { limits })).sentences[1]).toContain('It pays at any rate;')
    expect(recommend(findings(usual, { limits: { ...limits, maxMainShare: 0 } }))).toMatchObject({ use: 'pool' })
  })

  test('the limits of the stop rule move the border', () => {
    const limits = { ...defaultLimits, minCores: 0.001 }
    expect(recommend(findings(usual, { ...at(20), limits }))).toMatchObject({ use: 'inline' })
    expect(recommend(findings(usual, { limits: { ...defaultLimits, minGain: 5 } }))).toMatchObject({
      use: 'do nothing',
    })
  })
})

test.each([undefined, 20, 500, 7000])('at %s/s: two sentences, each of them one', (rate) => {
  const large = { today: { cpu: 9000 }, 'inline-native': { cpu: 8000 }, pool: { cpu: 9500, main: 90 } }
  const tiny = { today: { cpu: 12 }, 'today-compiled': { cpu: 9 }, 'inline-js': { cpu: 7 } }
  const dear = { today: { cpu: 12 }, 'inline-js': { cpu: 17 } }
  for (const options of [usual, large, tiny, dear]) {
    for (const measured of [undefined, { payFrom: null, leaveFrom: null }]) {
      const { sentences } = recommend(findings(options, { ...(rate === undefined ? {} : at(rate)), measured }))
      expect(sentences).toHaveLength(2)
      for (const one of sentences) expect(one).toMatch(/^(?!.*[.!?] [A-Z]).*\.$/)
    }
  }
})

test('what no run has confirmed is not a fact', () => {
  const measured = { payFrom: null, leaveFrom: null }
  expect(recommend(findings(usual, { ...at(20), measured })).sentences[1]).toContain('as computed: no run confirmed it')
})

test.each([
  [13_000, 'Larger payloads pay, from about 13 KB on.'],
  [null, 'No size was found from which a change pays.'],
])('tiny payloads: what of larger ones', (paysFromBytes, text) => {
  const tiny = { today: { cpu: 9 }, 'inline-js': { cpu: 5 } }
  expect(recommend(findings(tiny, { paysFromBytes })).sentences[1]).toBe(text)
})

describe('noise', () => {
  // A gain of 20 %: 15 % is enough.
  const close: Options = { today: { cpu: 200 }, 'inline-js': { cpu: 166 } }

  test('a clear result stays the same on a noisy machine', () => {
    const noisy = recommend(findings(usual, { ...at(1000), noise0: 0.1 }))
    expect(noisy).toMatchObject({ use: 'inline', confidence: 'medium' })
  })

  test('a close one is undecided: the machine is too noisy', () => {
    expect(recommend(findings(close))).toMatchObject({ use: 'inline' })
    const { use, confidence, sentences } = recommend(findings(close, { noise0: 0.15 }))
    expect({ use, confidence }).toEqual({ use: 'undecided', confidence: 'low' })
    expect(sentences[0]).toContain('Undecided, machine too noisy')
    expect(sentences[0]).toContain('inline and do nothing')
  })

  test.each([0.01, 0.05, 0.1, 0.2, 0.3])('noise of %d never turns one answer into another', (noise0) => {
    for (const rate of [20, 250, 320, 500, 2000, 5600, 7000]) {
      const quiet = recommend(findings(usual, { ...at(rate), noise0: 0 })).use
      const busy = recommend(findings(usual, { ...at(rate), noise0 })).use
      expect([quiet, 'undecided']).toContain(busy)
    }
  })

  test('what lies between the rates of a busy and of a sleeping thread is undecided', () => {
    const measured = { payFrom: 200, leaveFrom: null }
    expect(recommend(findings(usual, { ...at(150), measured })).use).toBe('do nothing')
    expect(recommend(findings(usual, { ...at(260), measured })).use).toBe('undecided')
    expect(recommend(findings(usual, { ...at(400), measured })).use).toBe('inline')
  })

  test.each([
    [{ payloads: { distinct: 1 } }, 'low', 'only 1 distinct payload'],
    [{ payloads: { distinct: 20 } }, 'medium', 'only 20 distinct payloads'],
    [{ noise: { otherCores: 2 } }, 'medium', 'other processes took 2 of 4 cores'],
    [{ noise: { spread: 0.4 } }, 'low', '±20 %'],
    [{ today: { kind: 'zod-from-lock' as const } }, 'medium', 'zod was made of the lock'],
    [{ today: { kind: 'none' as const } }, 'low', 'validation is not in the comparison'],
  ] as const)('%j lowers the confidence', (change, level, reason) => {
    const base = findings(usual)
    const changed = Object.fromEntries(
      Object.entries(change).map(([key, value]) => [key, { ...base[key as 'noise'], ...(value as object) }]),
    )
    const { confidence, reasons } = recommend({ ...base, ...changed })
    expect(confidence).toBe(level)
    expect(reasons.join()).toContain(reason)
  })
})

test('what is saved at a rate follows the measured break-even', () => {
  const measured = { payFrom: 200, leaveFrom: null }
  expect(savedCores(400, 100, { placement: 'inline' }, defaultLimits, measured)).toBeCloseTo(0.1)
  expect(savedCores(400, 100, { placement: 'pool' }, defaultLimits, measured)).toBeCloseTo(0.04)
})
