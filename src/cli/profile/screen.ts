// The record of a profile as one screen of text.

import { categoryNames, formatMs, formatShare, type CategoryShare, type ProfileRecord } from '../../profile/index.ts'
import { formatCount, formatPlural } from '../format-units.ts'
import type { Io } from '../io.ts'

/** Rows of a list; the record has more. */
const maxRows = 6
const maxWidth = 62

export function screenOf(record: ProfileRecord, what: string, style: Io['style']): string {
  const { verdict, routes, callSites } = record
  const blocks = [
    [style('bold', what), ...headOf(record)],
    table(['main thread', 'of its time', 'of its work', ''], record.categories.filter(isShown).map(categoryRow), style),
    figuresOf(record),
    // Where there is nothing to win, there is nothing to look at.
    ...(verdict.hotPath
      ? [
          table(['work that could move', 'where', 'share'], callSites.slice(0, maxRows).map(siteRow), style),
          ...(routes.length === 0
            ? []
            : [table(['route', 'requests', 'its share', 'could move'], routes.slice(0, maxRows).map(routeRow), style)]),
        ]
      : []),
    verdict.sentences.map((sentence, i) => (i === 0 ? style('bold', sentence) : sentence)),
    record.notSeen.map((sentence) => style('dim', sentence)),
  ]
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function headOf({ process, others, seconds, requests, samples, overhead }: ProfileRecord): string[] {
  return [
    `${process.script || 'process'} (${process.pid}), Node ${process.node}: ${seconds.toFixed(1)} s, ` +
      `${formatPlural(requests, 'request')}, ${formatPlural(samples, 'sample')}`,
    `${overheadOf(overhead)} It took ${formatMs(overhead.startMs)} to start.`,
    ...(others.length === 0
      ? []
      : [
          `The busiest of ${others.length + 1} processes; the others: ${others
            .slice(0, maxRows)
            .map(({ script, pid, busy }) => `${script || 'node'} (${pid}) ${formatShare(busy)} busy`)
            .join(', ')}`,
        ]),
  ]
}

const overheadOf = ({ share }: ProfileRecord['overhead']): string =>
  share === null
    ? 'What the profiler took could not be measured.'
    : `The profiler took ${formatShare(share)} of a core.`

const isShown = ({ category, share }: CategoryShare): boolean => share > 0 || category !== 'sidelane'

function categoryRow({ category, share, busyShare, libraries }: CategoryShare): string[] {
  const named = libraries.slice(0, 3).filter(({ name }) => !name.startsWith('JSON.') && name !== 'sidelane')
  const by = named.map(({ name, share: of }) => `${name} ${formatShare(of)}`).join(', ')
  return [categoryNames[category], formatShare(share), busyShare === null ? '' : formatShare(busyShare), by]
}

function figuresOf({ eventLoopDelay: { p50, p99, max }, gc, otherThreads, bound }: ProfileRecord): string[] {
  return [
    `event loop delay    p50 ${formatMs(p50)}, p99 ${formatMs(p99)} (${formatMs(bound.p99.without)} without what could move), max ${formatMs(max)}`,
    `GC pauses           ${formatCount(gc.count)}, together ${formatMs(gc.total)}, longest ${formatMs(gc.max)}`,
    ...(otherThreads === null
      ? []
      : [`other threads       ${otherThreads.toFixed(2)} cores (asynchronous zlib, workers, GC helpers)`]),
  ]
}

function siteRow({ category, function: name, file, line, share }: ProfileRecord['callSites'][number]): string[] {
  return [categoryNames[category], shorten(`${name || '(anonymous)'} ${file}:${line}`), formatShare(share)]
}

function routeRow({ route, requests, share, movable }: ProfileRecord['routes'][number]): string[] {
  return [shorten(route), formatCount(requests), formatShare(share), formatShare(movable)]
}

/** The end tells more than the beginning. */
function shorten(text: string): string {
  const safe = text.replace(/[^\x20-\x7e\u00a0-\u{10ffff}]/gu, '?')
  return safe.length <= maxWidth ? safe : `…${safe.slice(1 - maxWidth)}`
}

/** Shares and counts stand to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], style: Io['style']): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] as string).length)))
  const isNumber = head.map((_, column) => column > 0 && rows.some((row) => /^[\d,.]/.test(row[column] as string)))
  const lines = all.map((row) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join('  ')
      .trimEnd(),
  )
  return lines.map((line, i) => (i === 0 ? style('bold', line) : line))
}
