// One picture, for a given width. Also called by the benchmark, with a document of Node (bench/picture.ts).

import type { BarPart, Chart, ColorName } from '../page.ts'
import { drawBars } from './bars.ts'
import { drawLines, type Canvas } from './lines.ts'
import { drawSymbol, symbolOf } from './symbols.ts'

export function draw(chart: Chart, canvas: Canvas): SVGSVGElement {
  return chart.kind === 'lines' ? drawLines(chart, canvas) : drawBars(chart, canvas)
}

interface Entry {
  readonly name: string
  readonly color: ColorName
}

/** What the legend lists; empty where the picture says it itself. */
function legendOf(chart: Chart, hasRoom: boolean): readonly Entry[] {
  if (chart.kind === 'lines') return hasRoom ? [] : chart.series
  const parts = new Map<string, BarPart>()
  for (const { parts: own } of chart.bars) for (const part of own) parts.set(part.name, part)
  return chart.bars.some((bar) => bar.parts.length > 1) ? [...parts.values()] : []
}

export function drawLegend(document: Document, chart: Chart, hasRoom: boolean): HTMLElement | undefined {
  const entries = legendOf(chart, hasRoom)
  if (entries.length === 0) return undefined
  const list = document.createElement('ul')
  list.className = 'legend'
  for (const { name, color } of entries) {
    const item = document.createElement('li')
    const svg = drawSymbol(document, chart.kind === 'lines' ? symbolOf(color) : 'square', color)
    item.append(svg, name)
    list.append(item)
  }
  return list
}
