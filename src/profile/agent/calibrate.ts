// What the profiler costs, on this machine with this Node, in a process that does nothing else: the same work with and
// without it, by turns, in CPU time. The smallest time of each counts, because other programs can only add to it.

import { Session } from 'node:inspector'
import { ask } from './inspect-functions.ts'
import { hookJson } from './json-hooks.ts'
import type { CpuProfile } from '../raw.ts'

const rounds = 8
const steps = 20_000_000
const calls = 30_000
/** A sample costs the same at each rate; at this one there are many in a short time. */
const intervalMicros = 500

export interface Calibration {
  /** CPU time of all threads that one sample takes; most of it is on the thread that the profiler has for itself. */
  readonly perSampleMicros: number
  /** What a call of JSON.parse takes longer through the agent's function. */
  readonly perJsonCallMicros: number
}

/** `depth` is how many functions are on the stack when a sample is taken. */
export function calibrate(depth: number): Calibration {
  const session = new Session()
  session.connect()
  ask(session, 'Profiler.enable')
  ask(session, 'Profiler.setSamplingInterval', { interval: intervalMicros })
  const work = (): number => cpuMicros(() => descend(depth, steps))
  work()
  let off = Infinity
  let on = Infinity
  let samples = Infinity
  for (let round = 0; round < rounds; round++) {
    off = Math.min(off, work())
    ask(session, 'Profiler.start')
    const took = work()
    const { profile } = ask(session, 'Profiler.stop') as { readonly profile: CpuProfile }
    if (took < on) {
      on = took
      samples = profile.samples.length
    }
  }
  session.disconnect()
  const direct = callTime()
  const hooks = hookJson()
  const hooked = callTime()
  hooks.remove()
  return {
    perSampleMicros: Math.max(0, (on - off) / samples),
    perJsonCallMicros: Math.max(0, (hooked - direct) / calls),
  }
}

function cpuMicros(run: () => unknown): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function callTime(): number {
  const parseAll = (): void => {
    for (let i = 0; i < calls; i++) JSON.parse('1')
  }
  parseAll()
  return Math.min(...Array.from({ length: rounds }, () => cpuMicros(parseAll)))
}

function descend(depth: number, count: number): number {
  if (depth > 0) return descend(depth - 1, count) + 1
  let sum = 0
  for (let i = 0; i < count; i++) sum = (sum * 31 + i) | 0
  return sum
}
