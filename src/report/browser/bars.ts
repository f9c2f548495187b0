// Horizontal bars: the name above each one, so that long names need no margin, and the value at its end.

import * as Plot from '@observablehq/plot'
import { format } from '../format.ts'
import type { BarChart } from '../page.ts'
import type { Canvas } from './lines.ts'

const band = 46

export function drawBars({ x, bars, marks }: BarChart, { document, width }: Canvas): SVGSVGElement {
  // By number: two bars may have one name.
  const parts = bars.flatMap(({ label, parts }, bar) => {
    let from = 0
    return parts.map(({ name, color, value }) => {
      const part = { bar, label, name, color, from, to: from + value, value }
      from = part.to
      return part
    })
  })
  const sums = bars.map(({ label, parts }, bar) => ({
    bar,
    label: shortened(label, width / 7),
    sum: parts.reduce((sum, { value }) => sum + value, 0),
  }))
  const most = Math.max(...sums.map(({ sum }) => sum), ...marks.map(({ at }) => at), Number.MIN_VALUE)
  const text = (value: number): string => format(x.unit, value)
  const hasMarks = marks.length > 0
  return Plot.plot({
    document,
    width,
    height: bars.length * band + (hasMarks ? 24 : 8),
    marginLeft: 1,
    marginRight: 76,
    marginTop: hasMarks ? 20 : 4,
    marginBottom: 4,
    className: 'chart',
    style: { background: 'transparent', color: 'inherit', fontFamily: 'inherit', fontSize: '12.5px' },
    x: { domain: [0, most], axis: null },
    y: { domain: bars.map((_, bar) => bar), axis: null, padding: 0 },
    marks: [
      ...marks.flatMap(({ at, label }) => [
        Plot.ruleX([at], { stroke: 'currentColor', strokeDasharray: '4 3', strokeOpacity: 0.7 }),
        Plot.text([at], {
          ...{ x: (value: number) => value, text: () => label, frameAnchor: 'top', dy: -12, fontWeight: 600 },
          textAnchor: at / most > 0.6 ? 'end' : 'start',
        }),
      ]),
      Plot.barX(parts, {
        ...{ x1: 'from', x2: 'to', y: 'bar', fill: (part: { color: string }) => `var(--${part.color})` },
        ...{ insetTop: 21, insetBottom: 7, insetRight: 1, rx: 2 },
      }),
      Plot.text(sums, { x: 0, y: 'bar', text: 'label', textAnchor: 'start', dy: -12, fill: 'currentColor' }),
      Plot.text(sums, {
        ...{ x: 'sum', y: 'bar', text: (bar: { sum: number }) => text(bar.sum), textAnchor: 'start' },
        ...{ dx: 6, dy: 7, fontWeight: 600, fill: 'currentColor' },
      }),
      Plot.tip(
        parts,
        Plot.pointerY({
          ...{ x: (part: { from: number; to: number }) => (part.from + part.to) / 2, y: 'bar' },
          title: (part: { label: string; name: string; value: number }) =>
            `${part.label}\n${part.name}: ${text(part.value)}`,
          ...{ fill: 'var(--card)', stroke: 'var(--muted)' },
        }),
      ),
    ],
  }) as SVGSVGElement
}

/** The end of a long name is cut off; the table has it. */
const shortened = (label: string, most: number): string =>
  label.length <= most ? label : `${label.slice(0, Math.floor(most) - 1)}…`
