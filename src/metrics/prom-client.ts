// The metrics in a registry of prom-client, which is not imported: a registry takes any object with `get()`.

import { collect, metricNames, type Family } from './collect.ts'
import type { MetricsSources } from './sources.ts'

/** What is used of prom-client's `Registry`. */
export interface PromRegistry {
  /** Adds a metric. */
  registerMetric(metric: never): void
  /** Removes the metric with this name. */
  removeSingleMetric(name: string): void
}

/** As prom-client reads a metric. */
interface Collected {
  readonly name: string
  readonly help: string
  readonly type: Family['type']
  readonly aggregator: 'sum'
  readonly values: readonly { readonly metricName: string; readonly labels: object; readonly value: number }[]
}

class RegisteredMetric {
  readonly name: string
  readonly aggregator = 'sum'
  readonly #read: (name: string) => Family

  constructor(name: string, read: (name: string) => Family) {
    this.name = name
    this.#read = read
  }

  get(): Promise<Collected> {
    const { name, help, type, samples } = this.#read(this.name)
    const values = samples.map(({ suffix, labels, value }) => ({ metricName: name + suffix, labels, value }))
    return Promise.resolve({ name, help, type, aggregator: this.aggregator, values })
  }

  /** Counters of a running processor start at its creation: `registry.resetMetrics()` leaves them. */
  reset(): void {}
}

/**
 * Adds the metrics of `metricsText` to a registry of prom-client. Returns a function that removes them. Metrics of a registry are
 * read once for each scrape.
 */
export function registerMetrics(registry: PromRegistry, sources: MetricsSources): () => void {
  let page: Map<string, Family> | undefined
  const read = (name: string): Family => {
    if (page === undefined) {
      page = new Map(collect(sources).map((family) => [family.name, family]))
      // A scrape reads all metrics in one turn.
      setImmediate(() => (page = undefined))
    }
    return page.get(name) as Family
  }
  for (const name of metricNames) registry.registerMetric(new RegisteredMetric(name, read) as never)
  return () => {
    for (const name of metricNames) registry.removeSingleMetric(name)
  }
}
