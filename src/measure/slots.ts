// Times one contender: warms it up, then slots of whole passes over the payloads. Outcomes were verified before; their
// sizes are checked here.

import { performance } from 'node:perf_hooks'
import { bodyBytes, type Contender } from './contender.ts'
import type { CpuMeter } from './cpu.ts'
import { collectYoung } from './heap.ts'
import { median, percentile } from '../util/stats.ts'
import { WrongAnswer } from './wrong-answer.ts'

/** One contender at one depth. */
export interface Variant {
  readonly contender: Contender
  /** Calls in flight. */
  readonly depth: number
  /** Bytes of all bodies in one pass over the payloads, as verified. */
  readonly passBytes: number
}

export interface Timing {
  readonly usPerPayload: number
  /** The best round. */
  readonly minUsPerPayload: number
  /** The worst round. */
  readonly maxUsPerPayload: number
  readonly p50Us: number
  readonly p99Us: number
  readonly mainThreadUs: number
  readonly rounds: number
  /** Timed calls, all rounds together. */
  readonly calls: number
}

// The warm-up gets one and a half slots, so that the compilers are done before the first round.
export const warmSlots = 1.5

/** A warmed-up variant and the results of its rounds so far. */
export interface Track {
  readonly variant: Variant
  /** Whole passes over the payloads in a slot, so that every variant processes the same mix. */
  readonly passes: number
  readonly latencies: Float64Array
  readonly usPerPayload: number[]
  readonly mainThreadUs: number[]
}

/** From here on a slot takes about `slotMs`. */
export async function warmUp(
  variant: Variant,
  payloads: readonly Buffer[],
  slotMs: number,
  rounds: number,
): Promise<Track> {
  const from = performance.now()
  const scratch = new Float64Array(payloads.length)
  do {
    await runPasses(variant, payloads, 1, scratch, 0)
  } while (performance.now() - from < slotMs * warmSlots)
  const again = performance.now()
  await runPasses(variant, payloads, 1, scratch, 0)
  const passes = Math.max(1, Math.round(slotMs / (performance.now() - again)))
  const latencies = new Float64Array(passes * payloads.length * rounds)
  return { variant, passes, latencies, usPerPayload: [], mainThreadUs: [] }
}

/** One timed slot. Throws `WrongAnswer`. */
export async function runSlot(
  track: Track,
  payloads: readonly Buffer[],
  round: number,
  meter: CpuMeter,
): Promise<void> {
  const { variant, passes } = track
  const calls = passes * payloads.length
  // Collects the garbage of the previous variant.
  collectYoung()
  const stopCpu = meter.start()
  const from = performance.now()
  const bytes = await runPasses(variant, payloads, passes, track.latencies, round * calls)
  const wallUs = (performance.now() - from) * 1000
  const cpuUs = stopCpu()
  if (bytes !== variant.passBytes * passes) {
    const { id, digest } = variant.contender
    throw new WrongAnswer(
      `${id} (digest ${digest}): ${bytes} body bytes in a timed round, verified were ${variant.passBytes * passes}`,
    )
  }
  track.usPerPayload.push(wallUs / calls)
  track.mainThreadUs.push(cpuUs / calls)
}

export function summarize({ latencies, usPerPayload, mainThreadUs }: Track): Timing {
  // Rounds that did not run are zeros.
  const sorted = latencies.filter((latency) => latency > 0).toSorted()
  return {
    usPerPayload: median(usPerPayload),
    minUsPerPayload: Math.min(...usPerPayload),
    maxUsPerPayload: Math.max(...usPerPayload),
    p50Us: percentile(sorted, 0.5) * 1000,
    p99Us: percentile(sorted, 0.99) * 1000,
    mainThreadUs: median(mainThreadUs),
    rounds: usPerPayload.length,
    calls: sorted.length,
  }
}

/** Returns the bytes of all bodies. Latencies are in ms. */
async function runPasses(
  variant: Variant,
  payloads: readonly Buffer[],
  passes: number,
  latencies: Float64Array,
  offset: number,
): Promise<number> {
  if (variant.contender.mode === 'sync') return runSync(variant.contender, payloads, passes, latencies, offset)
  if (variant.depth === 1) return runOne(variant.contender, payloads, passes, latencies, offset)
  return runDeep(variant, payloads, passes, latencies, offset)
}

function runSync(
  contender: Contender,
  payloads: readonly Buffer[],
  passes: number,
  latencies: Float64Array,
  offset: number,
): number {
  let bytes = 0
  let at = offset
  for (let pass = 0; pass < passes; pass++) {
    for (const payload of payloads) {
      const from = performance.now()
      // `sync` contenders return no promise.
      const answer = contender.call(payload) as Awaited<ReturnType<Contender['call']>>
      latencies[at++] = performance.now() - from
      bytes += bodyBytes(answer)
    }
  }
  return bytes
}

async function runOne(
  contender: Contender,
  payloads: readonly Buffer[],
  passes: number,
  latencies: Float64Array,
  offset: number,
): Promise<number> {
  let bytes = 0
  let at = offset
  for (let pass = 0; pass < passes; pass++) {
    for (const payload of payloads) {
      const from = performance.now()
      const answer = await contender.call(payload)
      latencies[at++] = performance.now() - from
      bytes += bodyBytes(answer)
    }
  }
  return bytes
}

async function runDeep(
  { contender, depth }: Variant,
  payloads: readonly Buffer[],
  passes: number,
  latencies: Float64Array,
  offset: number,
): Promise<number> {
  const total = passes * payloads.length
  let next = 0
  let bytes = 0
  const caller = async (): Promise<void> => {
    while (next < total) {
      const index = next++
      const from = performance.now()
      const answer = await contender.call(payloads[index % payloads.length] as Buffer)
      latencies[offset + index] = performance.now() - from
      bytes += bodyBytes(answer)
    }
  }
  await Promise.all(Array.from({ length: Math.min(depth, total) }, caller))
  return bytes
}
