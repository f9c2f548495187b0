// Parsing a Prometheus text exposition.

import { expect, it } from 'vitest'
import { MetricSamples } from '../../src/cli/daemon/parse-prometheus.ts'

const text = `# HELP a_total Calls.
# TYPE a_total counter
a_total{code="accepted",note="a \\"b\\"\\n\\\\"} 3
a_total{code="rejected"} 1e3
b_seconds 0.25
not a sample
`

it('reads names, labels with escapes, and values', () => {
  const samples = new MetricSamples(text)
  expect(samples.list).toEqual([
    { name: 'a_total', labels: { code: 'accepted', note: 'a "b"\n\\' }, value: 3 },
    { name: 'a_total', labels: { code: 'rejected' }, value: 1000 },
    { name: 'b_seconds', labels: {}, value: 0.25 },
  ])
  expect(samples.named('a_total')).toHaveLength(2)
  expect([samples.value('b_seconds'), samples.value('missing')]).toEqual([0.25, 0])
})
