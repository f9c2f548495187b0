// The table of one payload set.

import type { Row } from './row.ts'

/** From this ratio on, a body counts as larger than that of node:zlib. */
const largerFrom = 1.02

const columns: readonly { readonly title: string; readonly cell: (row: Row) => string }[] = [
  { title: 'contender', cell: (row) => row.id },
  { title: 'digest', cell: (row) => row.digest },
  { title: 'depth', cell: (row) => String(row.depth) },
  { title: 'payloads/s', cell: (row) => Math.round(row.payloadsPerSecond).toLocaleString('en') },
  { title: 'p50 µs', cell: (row) => figure(row.p50Us) },
  { title: 'p99 µs', cell: (row) => figure(row.p99Us) },
  { title: 'µs each', cell: (row) => figure(row.usPerPayload) },
  { title: 'min', cell: (row) => figure(row.minUsPerPayload) },
  { title: 'main µs', cell: (row) => figure(row.mainThreadUs) },
  { title: '× zod+zlib', cell: (row) => ratio(row.ratioZodZlib, row) },
  { title: '× …+jcs', cell: (row) => ratio(row.ratioZodZlibJcs, row) },
  { title: 'out bytes', cell: (row) => Math.round(row.outBytes).toLocaleString('en') },
]

export function table(rows: readonly Row[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))]
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)))
  const print = (line: readonly string[]): string =>
    line
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ')
      .trimEnd()
  return [print(lines[0] as string[]), ...lines.slice(1).map(print)].join('\n')
}

/** Three significant digits, never an exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function ratio(value: number | null, row: Row): string {
  if (value === null) return '–'
  // Less compression saves time, so the size is printed beside the ratio.
  const larger = row.sizeToZlib > largerFrom ? ` (+${Math.round((row.sizeToZlib - 1) * 100)} % size)` : ''
  return `${value.toFixed(2)}${larger}`
}
