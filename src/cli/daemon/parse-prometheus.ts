// Parses the samples of a Prometheus text exposition.

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export class MetricSamples {
  readonly list: readonly Sample[]

  constructor(text: string) {
    this.list = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .flatMap(readSample)
  }

  named(name: string): Sample[] {
    return this.list.filter((sample) => sample.name === name)
  }

  /** The value of the first sample with this name; 0 without one. */
  value(name: string): number {
    return this.list.find((sample) => sample.name === name)?.value ?? 0
  }
}

function readSample(line: string): Sample[] {
  const [, name, pairs = '', value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined) return []
  const labels = [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [
    label,
    text.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)),
  ])
  return [{ name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) }]
}
