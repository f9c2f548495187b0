// How busy the machine is besides this run.

import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { Noise } from './record.ts'

/** Ticks a second of /proc/stat, on every Linux that Node runs on. */
const ticksPerSecond = 100

interface Ticks {
  readonly busy: number
  readonly stolen: number
}

/** Returns a function that ends the observation; `ownUs`: CPU time of this run's processes. */
export function observeNoise(): (
  ownUs: number,
) => Pick<Noise, 'loadBefore' | 'loadAfter' | 'otherCores' | 'stolenCores'> {
  const [loadBefore, before, from] = [load(), ticks(), performance.now()]
  return (ownUs) => {
    const after = ticks()
    const seconds = (performance.now() - from) / 1000
    const cores = (count: number): number => Math.max(0, count / ticksPerSecond / seconds)
    const isKnown = before !== undefined && after !== undefined
    return {
      loadBefore,
      loadAfter: load(),
      otherCores: isKnown ? Math.max(0, cores(after.busy - before.busy) - ownUs / 1e6 / seconds) : null,
      stolenCores: isKnown ? cores(after.stolen - before.stolen) : null,
    }
  }
}

const load = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100

function ticks(): Ticks | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = line.split(/\s+/).map(Number)
    return { busy: user + nice + system + irq + softirq, stolen }
  } catch {
    return undefined
  }
}
