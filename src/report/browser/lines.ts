// Lines over a continuous axis, with a symbol for each series, so that colors are not needed to tell them apart.

import * as Plot from '@observablehq/plot'
import { format } from '../format.ts'
import type { LineChart, Series } from '../page.ts'
import { labelLines, type Scales } from './labels.ts'
import { linearTicks, logDomain, logTicks } from './scales.ts'
import { symbolOf } from './symbols.ts'

export interface Canvas {
  readonly document: Document
  readonly width: number
  /** Names at the ends of the lines; else the legend has them. */
  readonly hasRoom: boolean
}

/** For each label of a mark, one above the other. */
const markHeight = 15

export function drawLines(chart: LineChart, { document, width, hasRoom }: Canvas): SVGSVGElement {
  const { series, marks } = chart
  const points = series.flatMap(({ points }) => points)
  const height = hasRoom ? 340 : 280
  const marginRight = hasRoom ? 16 + 7 * Math.max(...series.map(({ name }) => name.length)) : 14
  const [x, y] = [
    axis(chart.x, points.map((point) => point.x).concat(marks.map(({ at }) => at)), width / 75),
    axis(
      chart.y,
      points.map((point) => point.y),
      9,
    ),
  ]
  const tips = series.flatMap((one) => one.points.map((point) => ({ ...point, title: tipOf(one, chart, point) })))
  const svg = Plot.plot({
    document,
    width,
    height,
    marginLeft: 62,
    marginRight,
    marginTop: 26 + markHeight * marks.length,
    marginBottom: 42,
    className: 'chart',
    style: { background: 'transparent', color: 'inherit', fontFamily: 'inherit', fontSize: '12px' },
    x: { type: x.type, domain: x.domain },
    y: { type: y.type, domain: y.domain },
    marks: [
      Plot.gridY(y.ticks, { stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.axisX(x.ticks, {
        ...{ text: x.write, tickSize: 4 },
        ...{ label: `${chart.x.label} →`, labelAnchor: 'right', labelArrow: 'none' },
      }),
      Plot.axisY(y.ticks, {
        ...{ text: y.write, tickSize: 0 },
        ...{ label: `↑ ${chart.y.label}`, labelAnchor: 'top', labelArrow: 'none' },
      }),
      ...marks.flatMap(({ at, label }, index) => [
        Plot.ruleX([at], { stroke: 'currentColor', strokeDasharray: '4 3', strokeOpacity: 0.7 }),
        Plot.text([at], {
          ...{
            x: (value: number) => value,
            text: () => label,
            frameAnchor: 'top',
            dy: -12 - markHeight * index,
            fontWeight: 600,
          },
          textAnchor: anchorOf(at, x),
        }),
      ]),
      ...series.flatMap(({ points, color }) => [
        Plot.line(points, { x: 'x', y: 'y', stroke: `var(--${color})`, strokeWidth: 2.25, strokeLinejoin: 'round' }),
        Plot.dot(points, {
          ...{ x: 'x', y: 'y', r: 4, symbol: symbolOf(color) },
          ...{ fill: `var(--${color})`, stroke: 'var(--card)', strokeWidth: 1 },
        }),
      ]),
      Plot.tip(tips, Plot.pointer({ x: 'x', y: 'y', title: 'title', fill: 'var(--card)', stroke: 'var(--muted)' })),
    ],
  }) as SVGSVGElement & Plot.Plot
  if (hasRoom) labelLines(svg, series, { x: positions(svg, 'x'), y: positions(svg, 'y') })
  return svg
}

interface ScaleOptions {
  readonly type: 'log' | 'linear'
  readonly domain: [number, number]
  readonly ticks: number[]
  readonly write: (value: number) => string
}

function axis({ unit, isLog }: LineChart['x'], values: readonly number[], most: number): ScaleOptions {
  const write = (value: number): string => format(unit, value)
  if (isLog) {
    const domain = logDomain(values)
    return { type: 'log', domain, ticks: logTicks(...domain, Math.max(4, Math.floor(most))), write }
  }
  const high = Math.max(...values) * 1.02
  return { type: 'linear', domain: [0, high], ticks: linearTicks(high, Math.max(3, Math.floor(most))), write }
}

/** The label of a mark stays inside of the picture. */
function anchorOf(at: number, { type, domain: [low, high] }: ScaleOptions): 'start' | 'middle' | 'end' {
  const part = type === 'log' ? Math.log(at / low) / Math.log(high / low) : (at - low) / (high - low)
  if (part < 0.25) return 'start'
  return part > 0.75 ? 'end' : 'middle'
}

const tipOf = (series: Series, chart: LineChart, { x, y }: { x: number; y: number }): string =>
  `${series.name}\n${chart.x.label}: ${format(chart.x.unit, x)}\n${chart.y.label}: ${format(chart.y.unit, y)}`

const positions =
  (plot: Plot.Plot, name: 'x' | 'y'): Scales['x'] =>
  (value) =>
    Number(plot.scale(name)?.apply(value))
