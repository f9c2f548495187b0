// The shape that goes with each color, by the names of Plot.

import * as Plot from '@observablehq/plot'
import type { ColorName } from '../page.ts'

const symbols: Partial<Record<ColorName, Plot.SymbolType>> = {
  compiled: 'diamond',
  js: 'triangle',
  native: 'square',
  pool: 'star',
  sidecar: 'wye',
}

export const symbolOf = (color: ColorName): Plot.SymbolType => symbols[color] ?? 'circle'

/** A symbol alone, for a legend. */
export function drawSymbol(document: Document, symbol: Plot.SymbolType, color: ColorName): Element {
  const size = { width: 14, height: 14, margin: 0, axis: null }
  const dot = Plot.dot([null], { frameAnchor: 'middle', r: 4.5, symbol, fill: `var(--${color})` })
  const svg = Plot.plot({ document, ...size, className: 'chart', marks: [dot] })
  svg.setAttribute('aria-hidden', 'true')
  return svg
}
