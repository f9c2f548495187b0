// The Prometheus text format, version 0.0.4.

import type { Histogram } from './histogram.ts'

export type Labels = Readonly<Record<string, string>>

/** One line. */
export function sampleLine(name: string, value: number, labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}\n`
}

export const headLines = (name: string, type: string, help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

/** A sample of a histogram: `suffix` is what its name ends with. */
export interface HistogramSample {
  readonly suffix: '_bucket' | '_sum' | '_count'
  readonly labels: Labels
  readonly value: number
}

/** Buckets are cumulative, and in seconds. */
export function histogramSamples(
  { boundsUs, counts, sumUs }: Pick<Histogram, 'boundsUs' | 'sumUs'> & { readonly counts: ArrayLike<number> },
  labels: Labels = {},
): HistogramSample[] {
  const samples: HistogramSample[] = []
  let count = 0
  for (let at = 0; at < counts.length; at++) {
    count += counts[at] as number
    const bound = boundsUs[at]
    const le = bound === undefined ? '+Inf' : String(bound / 1e6)
    samples.push({ suffix: '_bucket', labels: { ...labels, le }, value: count })
  }
  samples.push({ suffix: '_sum', labels, value: sumUs / 1e6 }, { suffix: '_count', labels, value: count })
  return samples
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const numberText = (value: number): string => (value === Number.POSITIVE_INFINITY ? '+Inf' : String(value))
