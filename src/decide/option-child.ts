// Process entry: one option. An app that does nothing else, with the modules of its option only, so that its CPU time, memory
// and pauses are those of the option. Started by option-processes.ts.

import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { answerAsks } from '../measure/child.ts'
import { cpuMeter } from '../measure/cpu.ts'
import { collect } from '../measure/heap.ts'
import { runOpenLoop } from '../measure/open-loop.ts'
import { runAtPace } from '../measure/paced.ts'
import { PauseMeter } from '../measure/pauses.ts'
import { runSlot, summarize, warmUp, type Track } from '../measure/slots.ts'
import { percentile } from '../util/stats.ts'
import { openSidelane, type SidelaneOption } from './sidelane-option.ts'
import { makeToday } from './today.ts'
import type { OptionId } from './record.ts'
import type { LoadedWork } from './loaded-work.ts'
import type { Work, OptionAnswers } from './work.ts'

let opened: { readonly id: OptionId; readonly sidelane: SidelaneOption | undefined } | undefined
const works = new Map<string, LoadedWork>()
const tracks = new Map<string, Track>()
const meter = cpuMeter()

const pauseMeter = new PauseMeter()

// ^C reaches all processes of the terminal: the run ends this one.
process.on('SIGINT', () => {})

const workOf = (key: string): LoadedWork => works.get(key) as LoadedWork
const trackOf = (key: string, depth: number): Track => tracks.get(`${key} ${depth}`) as Track

answerAsks({
  async open(id, threads) {
    const sidelane = id.startsWith('today') ? undefined : await openSidelane(id, threads)
    opened = { id, sidelane }
    return sidelane === undefined
      ? { engine: null, reason: '' }
      : { engine: sidelane.engine.kind as 'js' | 'native', reason: sidelane.engine.reason }
  },
  async load(given) {
    const work = { ...given, payloads: given.payloads.map(own) }
    const loaded = opened?.sidelane === undefined ? await loadToday(work) : await opened.sidelane.load(work)
    works.set(work.key, loaded)
    const { passBytes, disagreed, today } = loaded
    return { passBytes, disagreed, ...(today !== undefined && { today }) }
  },
  async warm(key, depth, slotMs, rounds, without) {
    const { contender, payloads, sizes } = workOf(key)
    const left = new Set(without)
    const timed = payloads.filter((_, index) => !left.has(index))
    const passBytes = sizes.reduce((sum, size, index) => sum + (left.has(index) ? 0 : size), 0)
    works.set(key, { ...workOf(key), timed })
    tracks.set(`${key} ${depth}`, await warmUp({ contender, depth, passBytes }, timed, slotMs, rounds))
  },
  async slot(key, depth, round) {
    const track = trackOf(key, depth)
    await runSlot(track, workOf(key).timed, round, meter)
    return { calls: track.passes * workOf(key).timed.length, mainUs: track.mainThreadUs.at(-1) as number }
  },
  latency(key, depth) {
    const { p50Us, p99Us } = summarize(trackOf(key, depth))
    return { p50Us, p99Us }
  },
  async rate(key, perSecond, lengthMs) {
    const { contender, timed } = workOf(key)
    collect()
    pauseMeter.resetDelays()
    const from = performance.now()
    const all = await runOpenLoop(contender, timed, perSecond, lengthMs)
    const sorted = all.filter((latency) => !Number.isNaN(latency)).toSorted()
    return {
      p50Us: percentile(sorted, 0.5) * 1000,
      p99Us: percentile(sorted, 0.99) * 1000,
      calls: sorted.length,
      refused: all.length - sorted.length,
      lengthMs: performance.now() - from,
      stallP99Us: pauseMeter.stallP99Ms() * 1000,
    }
  },
  async paced(key, perSecond, lengthMs, isIdle) {
    const { contender, timed } = workOf(key)
    const stop = meter.start()
    const calls = await runAtPace(isIdle ? undefined : contender, timed, perSecond, lengthMs)
    return { calls, mainUs: stop() }
  },
  stages: (key, ms) => workOf(key).stages(ms),
  pauses() {
    const { count, totalMs } = pauseMeter.collections()
    return {
      gcMs: totalMs,
      pauseP99Us: pauseMeter.collectionMs(0.99) * 1000,
      pauses: count,
      heapBytes: getHeapStatistics().used_heap_size,
      rssBytes: process.memoryUsage.rss(),
    }
  },
  resetPauses() {
    pauseMeter.resetCollections()
  },
  cpuUs() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  async outage(key) {
    if (opened?.sidelane === undefined) throw new Error('Only a sidecar has an outage')
    return await opened.sidelane.outage(workOf(key))
  },
  unload(key) {
    works.delete(key)
    for (const name of tracks.keys()) if (name.startsWith(`${key} `)) tracks.delete(name)
  },
} satisfies OptionAnswers)

/** Copied to memory of its own: a view on a shared buffer would be sent to a thread with the whole buffer. */
function own(bytes: Uint8Array): Buffer {
  const copy = new ArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return Buffer.from(copy)
}

async function loadToday(work: Work & { readonly payloads: readonly Buffer[] }): Promise<LoadedWork> {
  const { call, kind, text, parts, isCompiled, disagreed } = await makeToday(work, opened?.id === 'today-compiled')
  const left = new Set(disagreed)
  const sizes = work.payloads.map((payload, index) => {
    const answer = left.has(index) ? undefined : call(payload)
    return answer?.ok === true ? answer.body.length : 0
  })
  return {
    contender: {
      id: 'today',
      digest: 'none',
      side: 'peer',
      mode: 'sync',
      canonical: false,
      call,
      close: async () => {},
    },
    payloads: work.payloads,
    timed: work.payloads,
    sizes,
    passBytes: sizes.reduce((sum, size) => sum + size, 0),
    disagreed,
    today: { kind, text, isCompiled },
    async stages(ms) {
      const { read, validate, write, compress } = parts
      const timed = work.payloads.filter((_, index) => !left.has(index))
      // The validation may change the value: each pass reads it again.
      const reading = timeEach(timed, ms / 3, (payload) => read(payload))
      const both = timeEach(timed, ms / 3, (payload) => validate(read(payload)))
      const texts = timed.map((payload) => write(validate(read(payload))))
      const writing = timeEach(
        texts.map((body) => JSON.parse(body) as unknown),
        ms / 6,
        (value) => write(value),
      )
      const compressing = timeEach(texts, ms / 6, (body) => compress(body))
      return { json: reading + writing, validate: Math.max(0, both - reading), compress: compressing }
    },
  }
}

/** µs for an item: the best of several passes. */
function timeEach<T>(items: readonly T[], ms: number, run: (item: T) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  const until = performance.now() + ms
  do {
    const from = performance.now()
    for (const item of items) run(item)
    best = Math.min(best, performance.now() - from)
  } while (performance.now() < until)
  return (best * 1000) / Math.max(1, items.length)
}
