// The entry `sidelane/metrics`: metrics of processors, rollouts and hosts in the Prometheus text format, or in a registry of
// prom-client, and log lines of their calls.

import { headLines, sampleLine } from '../util/prometheus-text.ts'
import { collect } from './collect.ts'
import type { MetricsSources } from './sources.ts'

export { logCalls, type CallLine, type LogCallsOptions } from './log-calls.ts'
export { registerMetrics, type PromRegistry } from './prom-client.ts'
export type { MetricsSource, MetricsSources } from './sources.ts'

/** The `Content-Type` of `metricsText`. */
export const metricsContentType: string = 'text/plain; version=0.0.4; charset=utf-8'

/** The metrics of these processors, rollouts and hosts in the Prometheus text format (docs/observability.md). Throws `options.invalid`. */
export const metricsText = (sources: MetricsSources): string =>
  collect(sources)
    .map(
      ({ name, type, help, samples }) =>
        headLines(name, type, help) +
        samples.map(({ suffix, labels, value }) => sampleLine(name + suffix, value, labels)).join(''),
    )
    .join('')
