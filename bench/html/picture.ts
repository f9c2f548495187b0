// The picture of the README, from a record: bars drawn by the same code as those of the pages, as one SVG file that follows the
// reader's theme.

import { parseHTML } from 'linkedom'
import { paletteCss, type Chart } from '../../src/report/index.ts'
import { packageFile } from '../../src/util/package-files.ts'
import { pathToFileURL } from 'node:url'
import { mainThreadChart, cpuChart } from './figures.ts'
import type { FullResult } from './result.ts'

interface Drawing {
  draw(
    chart: Chart,
    canvas: { document: unknown; width: number; hasRoom: boolean },
  ): { setAttribute(name: string, value: string): void; outerHTML: string }
}

const width = 800
const padding = 24
const gap = 40
const column = (width - 2 * padding - gap) / 2
const top = 96

export async function pictureOf(result: FullResult): Promise<string> {
  const drawing = (await import(pathToFileURL(packageFile('dist/report/charts.js')).href)) as Drawing
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const { machine, sets } = result.header
  const panels = [
    { title: 'CPU time a payload, one thread', chart: cpuChart(result) },
    { title: 'Time on the main thread', chart: mainThreadChart(result) },
  ]
  const height = top + Math.max(...panels.map(({ chart }) => chart.bars.length)) * 46 + 40
  const drawn = panels.map(({ title, chart }, index) => {
    const svg = drawing.draw(chart, { document, width: column, hasRoom: false })
    const x = padding + index * (column + gap)
    svg.setAttribute('x', String(x))
    svg.setAttribute('y', String(top - 8))
    return `<text x="${x}" y="${top - 22}" font-size="14" font-weight="600">${title}</text>\n${svg.outerHTML}`
  })
  const size = Math.round(sets[0]?.meanBytes ?? 0).toLocaleString('en')
  const caption = `${result.at.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node.replace(/^v/, '')}. Pools and the sidecar with 64 calls in flight; the sidecar hashes too.`
  const text = `Normalize, validate and compress an order of ${size} bytes`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${text}: ${panels.map(({ title, chart }) => `${title}: ${spoken(chart)}`).join('. ')}" fill="currentColor" font-family="system-ui,-apple-system,'Segoe UI',sans-serif">
<style>${paletteCss('svg')}svg{color:var(--text)}.muted{fill:var(--muted)}</style>
<rect width="${width}" height="${height}" rx="12" fill="var(--card)"/>
<text x="${padding}" y="40" font-size="18" font-weight="700">${text}</text>
${drawn.join('\n')}
<text class="muted" x="${padding}" y="${height - 18}" font-size="12">${caption}</text>
</svg>
`
}

const spoken = ({ bars }: ReturnType<typeof cpuChart>): string =>
  bars.map(({ label, parts: [part] }) => `${label} ${(part?.value ?? 0).toFixed(1)} µs`).join(', ')
