// Histograms and samples in the Prometheus text format 0.0.4. The metrics themselves are in metrics.ts.

import { bucketBoundsUs, type metrics } from '../tables/metrics.ts'

/** Times in fixed buckets: adding one allocates nothing. */
export class Histogram {
  /** The last bucket takes what is above all bounds. */
  readonly #counts = new Float64Array(bucketBoundsUs.length + 1)
  #sumUs = 0

  add(us: number): void {
    let at = 0
    while (at < bucketBoundsUs.length && us > (bucketBoundsUs[at] as number)) at++
    this.#counts[at] = (this.#counts[at] as number) + 1
    this.#sumUs += us
  }

  lines(name: string): string {
    let text = ''
    let count = 0
    this.#counts.forEach((value, at) => {
      count += value
      text += sample(`${name}_bucket`, count, {
        le: at < bucketBoundsUs.length ? String((bucketBoundsUs[at] as number) / 1e6) : '+Inf',
      })
    })
    return text + sample(`${name}_sum`, this.#sumUs / 1e6) + sample(`${name}_count`, count)
  }
}

export type Labels = Readonly<Record<string, string>>

/** One line. */
export function sample(name: string, value: number, labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

export const heading = (name: string, type: (typeof metrics)[keyof typeof metrics][0], help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
