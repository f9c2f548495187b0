// The names of the lines at their right ends, moved apart where lines meet.

import type { Series } from '../page.ts'

const lineHeight = 15
const gap = 10

export interface Scales {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
}

export function labelLines(svg: SVGSVGElement, series: readonly Series[], { x, y }: Scales): void {
  const labels = series
    .filter(({ points }) => points.length > 0)
    .map(({ name, color, points }) => {
      const last = points.reduce((most, point) => (point.x > most.x ? point : most))
      return { name, color, x: x(last.x) + gap, y: y(last.y) }
    })
    .sort((a, b) => a.y - b.y)
  // Only labels that stand beside each other can collide.
  for (let i = 1; i < labels.length; i++) {
    const own = labels[i]
    const above = labels.slice(0, i).filter((other) => own !== undefined && Math.abs(other.x - own.x) < 7 * 14)
    if (own !== undefined) own.y = Math.max(own.y, ...above.map((other) => other.y + lineHeight))
  }
  const group = svg.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'g')
  group.setAttribute('class', 'labels')
  group.setAttribute('aria-hidden', 'true')
  for (const { name, color, x, y } of labels) {
    const text = svg.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'text')
    const attributes = {
      x: x.toFixed(1),
      y: y.toFixed(1),
      dy: '0.32em',
      'text-anchor': 'start',
      fill: `var(--${color})`,
      'font-weight': '600',
      class: 'label',
    }
    for (const [key, value] of Object.entries(attributes)) text.setAttribute(key, value)
    text.textContent = name
    group.append(text)
  }
  svg.append(group)
}
