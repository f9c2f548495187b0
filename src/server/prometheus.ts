// The kinds of numbers in /metrics, and how they are written: Prometheus text format 0.0.4. Which ones there are is in
// metrics.ts.

const bounds = [
  0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
] as const

/** Times in buckets that are fixed: adding one allocates nothing. */
export class Histogram {
  /** The last one takes what is above all bounds. */
  readonly #counts = new Float64Array(bounds.length + 1)
  #sumUs = 0

  add(us: number): void {
    const seconds = us / 1e6
    let at = 0
    while (at < bounds.length && seconds > (bounds[at] as number)) at++
    this.#counts[at] = (this.#counts[at] as number) + 1
    this.#sumUs += us
  }

  lines(name: string): string {
    let text = ''
    let count = 0
    this.#counts.forEach((value, at) => {
      count += value
      text += sample(`${name}_bucket`, count, { le: bounds[at]?.toString() ?? '+Inf' })
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

export const heading = (name: string, type: 'counter' | 'gauge' | 'histogram', help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
