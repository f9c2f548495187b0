// A page as one HTML file, which loads nothing: style, drawing code and data are in it.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { packageFile } from '../util/package-files.ts'
import { escapeHtml, escapeJson } from './html.ts'
import type { Badge, Block, Figure, Page } from './page.ts'
import { pageCss } from './style.ts'
import { tableHtml } from './table.ts'

export function renderPage(page: Page): string {
  const charts = page.blocks.flatMap((block) => (block.kind === 'figures' ? block.figures : []))
  const data = charts.map(({ id, title, text, chart }) => ({ id, title, text, chart }))
  const code = drawingCode()
  const hash = createHash('sha256').update(code).digest('base64')
  // Nothing is loaded, and no other script runs, whatever the record holds.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.title)}</title>
<style>${pageCss}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">${escapeHtml(page.eyebrow)}</p>
<h1${page.headline.length > 60 ? ' class="long"' : ''}>${escapeHtml(page.headline)}</h1>
${page.lead.map((text) => `<p class="lead">${escapeHtml(text)}</p>`).join('\n')}
${page.badge === null ? '' : badgeHtml(page.badge)}
</header>
${page.blocks.map(blockHtml).join('\n')}
</main>
<script type="application/json" id="record">${escapeJson(page.record)}</script>
<script type="application/json" id="figures">${escapeJson(data)}</script>
<script type="module">${code}</script>
</body>
</html>
`
}

const badgeHtml = ({ text, tone, reasons }: Badge): string => {
  const list = reasons.map((reason) => `<li>${escapeHtml(reason)}</li>`).join('')
  return `<div class="badge ${tone}"><strong>${escapeHtml(text)}</strong>${list === '' ? '' : `<ul>${list}</ul>`}</div>`
}

function blockHtml(block: Block, index: number): string {
  const id = `part-${index + 1}`
  return `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(block.title)}</h2>\n${contentHtml(block)}\n</section>`
}

function contentHtml(block: Block): string {
  switch (block.kind) {
    case 'table':
      return `${block.text === '' ? '' : `<p>${escapeHtml(block.text)}</p>\n`}${tableHtml(block.table, 'summary')}`
    case 'points': {
      const list = block.points.map(({ term, text, isCode }) => {
        const value = isCode === true ? `<code>${escapeHtml(text)}</code>` : escapeHtml(text)
        return `<div><dt>${escapeHtml(term)}</dt><dd>${value}</dd></div>`
      })
      return `<dl>${list.join('')}</dl>`
    }
    case 'figures':
      return `<div class="figures">\n${block.figures.map((figure) => figureHtml(figure, isWide(figure, block.figures))).join('\n')}\n</div>`
  }
}

/** Lines take a row of their own; bars stand in pairs, and the last one takes the place of two where it has no partner. */
function isWide(figure: Figure, figures: readonly Figure[]): boolean {
  if (figure.chart.kind === 'lines') return true
  const bars = figures.filter(({ chart }) => chart.kind === 'bars')
  return bars.length % 2 === 1 && figure === bars.at(-1)
}

function figureHtml({ id, title, text, table }: Figure, wide: boolean): string {
  return `<figure class="figure${wide ? ' wide' : ''}" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${escapeHtml(title)}</h3>
<p>${escapeHtml(text)}</p>
<div class="picture" data-figure="${id}"><noscript>The picture needs JavaScript; its data are in the table below.</noscript></div>
<details><summary>The data as a table</summary>${tableHtml(table, 'data')}</details>
</figure>`
}

/** What rolldown makes of browser/main.ts, with the notices of the libraries in it. */
function drawingCode(): string {
  const code = readFileSync(packageFile('dist/report/charts.js'), 'utf8')
  // In JavaScript `<\/` is `</`, in strings, templates and regular expressions.
  return code.replace(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--')
}
