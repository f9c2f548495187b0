// The sizes of the processes during the soak, from /proc and from the daemons' own pages.

import { readdirSync } from 'node:fs'
import { Client } from 'undici'
import { rssOf } from '../../src/measure/processes.ts'
import type { Quantity, Sample } from './slope.ts'
import type { Traffic } from './traffic.ts'

export interface Watched {
  readonly name: string
  readonly pid: number
  /** Of a daemon. */
  readonly socket?: string
}

export interface Series {
  readonly of: string
  readonly quantity: Quantity
  readonly samples: Sample[]
}

const countOf = (path: string): number => {
  try {
    return readdirSync(path).length
  } catch {
    return Number.NaN
  }
}

export class ProcessSampler {
  readonly series: Series[] = []
  readonly #started = performance.now()

  /** Takes the sizes of all processes now. */
  sizes(processes: readonly Watched[]): void {
    for (const { name, pid } of processes) {
      this.#add(name, 'rss', rssOf(pid))
      this.#add(name, 'descriptors', countOf(`/proc/${pid}/fd`))
      this.#add(name, 'threads', countOf(`/proc/${pid}/task`))
    }
  }

  times(traffics: readonly Traffic[]): void {
    for (const traffic of traffics) this.#add(traffic.name, 'p99', traffic.takeP99())
  }

  #add(of: string, quantity: Quantity, value: number): void {
    let series = this.series.find((one) => one.of === of && one.quantity === quantity)
    if (series === undefined) this.series.push((series = { of, quantity, samples: [] }))
    series.samples.push({ at: (performance.now() - this.#started) / 1000, value })
  }
}

/** Sums of the samples of a daemon's metrics page by name. */
export async function metricsOf(socket: string): Promise<ReadonlyMap<string, number>> {
  const client = new Client('http://localhost', { socketPath: socket })
  try {
    const { body } = await client.request({ path: '/metrics', method: 'GET' })
    const sums = new Map<string, number>()
    for (const [, name = '', value] of (await body.text()).matchAll(/^(\w+)(?:\{.*\})? (\S+)$/gm)) {
      sums.set(name, (sums.get(name) ?? 0) + Number(value))
    }
    return sums
  } finally {
    await client.close()
  }
}
