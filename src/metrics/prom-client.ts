// The metrics in a registry of prom-client, which is not imported: a registry takes any object with `get()`.

import { invalidOptions } from '../model/index.ts'
import { collect, metricHeads, type Combine, type Family, type Sample } from './collect.ts'
import { checkSources, type MetricsSources } from './sources.ts'

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
  /** Of a cluster: how the values of its workers become one. */
  readonly aggregator: Combine
  /** Without `metricName` a value has the name of the metric. */
  readonly values: readonly { readonly metricName?: string; readonly labels: object; readonly value: number }[]
}

class RegisteredMetric {
  /** A registry of OpenMetrics takes `_total` from the name of a counter, and adds it to that of each value. */
  name: string
  readonly help: string
  readonly type: Family['type']
  readonly aggregator: Combine
  readonly #samples: () => readonly Sample[]

  constructor({ name, help, type, combine }: Omit<Family, 'samples'>, samples: () => readonly Sample[]) {
    this.name = name
    this.help = help
    this.type = type
    this.aggregator = combine
    this.#samples = samples
  }

  get(): Promise<Collected> {
    const { name, help, type, aggregator } = this
    const values = this.#samples().map(({ suffix, labels, value }) => ({
      ...(suffix !== '' && { metricName: name + suffix }),
      labels,
      value,
    }))
    return Promise.resolve({ name, help, type, aggregator, values })
  }

  /** Counters of a running processor start at its creation: `registry.resetMetrics()` leaves them. */
  reset(): void {}
}

/**
 * Adds the metrics of `metricsText` to a registry of prom-client. Returns a function that removes them. Metrics of a registry are
 * read once for each scrape. Throws `options.invalid`.
 */
export function registerMetrics(registry: PromRegistry, sources: MetricsSources): () => void {
  checkRegistry(registry)
  checkSources(sources)
  let page: Map<string, readonly Sample[]> | undefined
  const samplesOf = (name: string): readonly Sample[] => {
    if (page === undefined) {
      page = new Map(collect(sources).map((family) => [family.name, family.samples]))
      // A scrape reads all metrics in one turn.
      setImmediate(() => (page = undefined))
    }
    return page.get(name) ?? []
  }
  for (const head of metricHeads) {
    registry.registerMetric(new RegisteredMetric(head, () => samplesOf(head.name)) as never)
  }
  return () => {
    for (const { name } of metricHeads) registry.removeSingleMetric(name)
  }
}

function checkRegistry(registry: unknown): void {
  const { registerMetric, removeSingleMetric } = (registry ?? {}) as Partial<PromRegistry>
  if (typeof registerMetric === 'function' && typeof removeSingleMetric === 'function') return
  throw invalidOptions('Expected `registry` to be a registry of prom-client')
}
