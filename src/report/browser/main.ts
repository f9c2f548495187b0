// Draws the pictures of a report page. In Node, where there is no document, the module only exports `draw`.

import type { Figure } from '../page.ts'
import { draw, drawLegend } from './draw.ts'

export { draw } from './draw.ts'

type Drawn = Pick<Figure, 'id' | 'title' | 'text' | 'chart'>

/** From this width on a picture has room for names at the ends of its lines. */
const roomyPx = 560

function fill(place: HTMLElement, { title, text, chart }: Drawn): void {
  const width = Math.max(260, Math.floor(place.clientWidth))
  // A redraw at the same width would close an open tip.
  if (place.dataset['width'] === String(width)) return
  place.dataset['width'] = String(width)
  const hasRoom = width >= roomyPx
  const svg = draw(chart, { document, width, hasRoom })
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', `${title}. ${text} The table below has the data.`)
  const legend = drawLegend(document, chart, hasRoom)
  place.replaceChildren(...(legend === undefined ? [svg] : [legend, svg]))
}

function start(): void {
  const json = document.getElementById('figures')?.textContent ?? '[]'
  const figures = new Map((JSON.parse(json) as Drawn[]).map((figure) => [figure.id, figure]))
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const place = target as HTMLElement
      const figure = figures.get(place.dataset['figure'] ?? '')
      if (figure !== undefined) fill(place, figure)
    }
  })
  for (const place of document.querySelectorAll<HTMLElement>('.picture')) {
    const figure = figures.get(place.dataset['figure'] ?? '')
    if (figure !== undefined) fill(place, figure)
    observer.observe(place)
  }
  // Paper has no buttons: the tables are printed open.
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details')) details.open = true
  })
}

if (typeof document !== 'undefined') start()
