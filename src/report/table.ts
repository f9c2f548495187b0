// Tables as HTML.

import { format } from './format.ts'
import { escapeHtml } from './html.ts'
import type { Cell, Column, Row, Table } from './page.ts'

/** `summary`: on a narrow screen each row is a card of its own; else the table scrolls. */
export function tableHtml(table: Table, kind: 'summary' | 'data'): string {
  const head = table.columns
    .map(({ title, unit }) => `<th scope="col"${align(unit)}>${escapeHtml(title)}</th>`)
    .join('')
  const rows = table.rows.map((row) => rowHtml(row, table.columns)).join('')
  const label = escapeHtml(table.caption)
  return `<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table class="${kind}"><caption>${label}</caption><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function rowHtml({ cells, tag }: Row, columns: readonly Column[]): string {
  const [name, ...values] = cells
  const mark = tag === undefined ? '' : ` <span class="tag">${escapeHtml(tag)}</span>`
  const rest = values.map((cell, index) => cellHtml(cell, columns[index + 1] as Column)).join('')
  const title = typeof name === 'number' ? format(columns[0]?.unit ?? 'count', name) : (name ?? '')
  const value = typeof name === 'number' ? ` data-value="${name}"` : ''
  return `<tr${tag === undefined ? '' : ' class="chosen"'}><th scope="row"${value}><span>${escapeHtml(title)}${mark}</span></th>${rest}</tr>`
}

function cellHtml(cell: Cell, { title, unit }: Column): string {
  const column = ` data-column="${escapeHtml(title)}"`
  if (cell === null) return `<td${align(unit)}${column}><span class="none">not measured</span></td>`
  if (typeof cell === 'string') return `<td${align(unit)}${column}><span>${escapeHtml(cell)}</span></td>`
  // The exact value too, for scripts that read the table.
  return `<td${align(unit)}${column} data-value="${cell}"><span>${escapeHtml(format(unit ?? 'count', cell))}</span></td>`
}

const align = (unit: Column['unit']): string => (unit === null ? '' : ' class="number"')
