// The page of a profile (`sidelane profile --html`): whether there is a hot path, where the main thread's time goes, by call site
// and route, and what moving work could win at most.

import { formatMs, formatShare } from '../profile/format.ts'
import {
  categoryNames,
  movableCategories,
  type CallSite,
  type Category,
  type CategoryShare,
  type ProfileRecord,
  type RouteShare,
} from '../profile/record.ts'
import type { Bar, BarChart, ColorName, Figure, Page, Point, Table } from './page.ts'
import { renderPage } from './render.ts'

/** One self-contained HTML file. `what`: the profiled program, as the user named it. */
export const renderProfile = (record: ProfileRecord, what: string): string => renderPage(profilePage(record, what))

function profilePage(record: ProfileRecord, what: string): Page {
  const { verdict, at } = record
  const [headline = '', ...lead] = verdict.sentences
  return {
    title: `${headline} · ${what} · sidelane profile`,
    eyebrow: `sidelane profile · ${what} · ${at.slice(0, 10)} · ${record.seconds.toFixed(1)} s, ${record.requests.toLocaleString('en')} requests`,
    headline,
    lead: lead.length === 0 ? [] : [lead.join(' ')],
    badge: null,
    blocks: [
      { kind: 'table', title: 'What moving the work could win, at most', text: '', table: boundTable(record) },
      { kind: 'figures', title: 'Where the main thread spends its time', figures: figuresOf(record) },
      { kind: 'points', title: 'How it was measured', points: method(record) },
    ],
    record,
  }
}

const canMove = (category: Category): boolean => (movableCategories as readonly Category[]).includes(category)

/** Blue: work that could move. */
const colorOf = (category: Category): ColorName => (canMove(category) ? 'native' : 'today')

function boundTable({ bound, eventLoopDelay, gc }: ProfileRecord): Table {
  return {
    caption: 'What moving the work could win, at most',
    columns: [
      { title: 'Figure', unit: null },
      { title: 'Now', unit: null },
      { title: 'Without the work that could move', unit: null },
    ],
    rows: [
      { cells: ['Main thread, busy time', '100 %', formatShare(1 - bound.movableOfBusy)] },
      { cells: ['Work of a full core', '1 ×', bound.speedup === null ? 'no bound' : `${bound.speedup.toFixed(2)} ×`] },
      { cells: ['Event loop delay, p99', formatMs(bound.p99.now), formatMs(bound.p99.without)] },
      { cells: ['Event loop delay, p50', formatMs(eventLoopDelay.p50), '–'] },
      { cells: ['Event loop delay, longest', formatMs(eventLoopDelay.max), '–'] },
      { cells: ['Garbage collection, together', `${formatMs(gc.total)} in ${gc.count} pauses`, '–'] },
      { cells: ['Garbage collection, longest pause', formatMs(gc.max), '–'] },
    ],
  }
}

function figuresOf({ categories, callSites, routes }: ProfileRecord): Figure[] {
  return [
    byCategory(categories.filter(({ share }) => share > 0)),
    ...(callSites.length > 0 ? [byCallSite(callSites)] : []),
    ...(routes.length > 0 ? [byRoute(routes)] : []),
  ]
}

const shares = (bars: readonly Bar[]): BarChart => ({
  kind: 'bars',
  x: { label: 'share of the window', unit: 'share' },
  bars,
  marks: [],
})

const single = (label: string, value: number, color: ColorName): Bar => ({
  label,
  parts: [{ name: 'share of the window', color, value }],
})

const byCategory = (categories: readonly CategoryShare[]): Figure => ({
  id: 'categories',
  title: 'By kind of work',
  text: 'Blue: work that could move to a pool or a sidecar. Shares of the whole window, waiting included.',
  chart: shares(categories.map(({ category, share }) => single(categoryNames[category], share, colorOf(category)))),
  table: {
    caption: 'The main thread by kind of work',
    columns: [
      { title: 'Work', unit: null },
      { title: 'Of its time', unit: 'share' },
      { title: 'Of its busy time', unit: 'share' },
      { title: 'Could move', unit: null },
      { title: 'By', unit: null },
    ],
    rows: categories.map(({ category, share, busyShare, libraries }) => ({
      cells: [
        categoryNames[category],
        share,
        busyShare ?? '–',
        canMove(category) ? 'yes' : 'no',
        libraries.map((library) => `${library.name} ${formatShare(library.share)}`).join(', '),
      ],
    })),
  },
})

const placeOf = ({ function: name, file, line }: CallSite): string => `${name || '(anonymous)'}, ${file}:${line}`

const byCallSite = (sites: readonly CallSite[]): Figure => ({
  id: 'call-sites',
  title: 'By call site',
  text: 'The nearest function of your own code above work that could move.',
  chart: shares(
    sites
      .slice(0, 8)
      .map((site) => single(`${placeOf(site)}: ${categoryNames[site.category]}`, site.share, colorOf(site.category))),
  ),
  table: {
    caption: 'Work that could move by call site',
    columns: [
      { title: 'Function', unit: null },
      { title: 'Work', unit: null },
      { title: 'Share', unit: 'share' },
    ],
    rows: sites.map((site) => ({ cells: [placeOf(site), categoryNames[site.category], site.share] })),
  },
})

const byRoute = (routes: readonly RouteShare[]): Figure => ({
  id: 'routes',
  title: 'By route',
  text: 'Main-thread time that was seen to belong to a route, and what of it could move.',
  chart: shares(
    routes.slice(0, 8).map(({ route, share, movable }) => ({
      label: route,
      parts: [
        { name: 'could move', color: 'native', value: movable },
        { name: 'the rest', color: 'today', value: Math.max(0, share - movable) },
      ],
    })),
  ),
  table: {
    caption: 'The main thread by route',
    columns: [
      { title: 'Route', unit: null },
      { title: 'Requests', unit: 'count' },
      { title: 'Share', unit: 'share' },
      { title: 'Could move', unit: 'share' },
    ],
    rows: routes.map(({ route, requests, share, movable }) => ({ cells: [route, requests, share, movable] })),
  },
})

function method({
  process,
  others,
  samples,
  intervalMicros,
  overhead,
  otherThreads,
  notSeen,
  sidelane,
}: ProfileRecord): Point[] {
  const more =
    others.length === 0
      ? ''
      : `; ${others.length} other Node processes of the app: ${others.map(({ pid, busy }) => `${pid}, ${formatShare(busy)} busy`).join('; ')}`
  return [
    {
      term: 'Process',
      text: `${process.script} (${process.pid}), Node ${process.node.replace(/^v/, '')}, ${formatShare(process.busy)} busy, ${process.workers} worker threads${more}`,
    },
    {
      term: 'Samples',
      text: `${samples.toLocaleString('en')}, one each ${intervalMicros} µs, by sidelane ${sidelane}`,
    },
    {
      term: 'Overhead',
      text:
        overhead.share === null
          ? 'It could not be measured.'
          : `The profiler took ${formatShare(overhead.share)} of a core.`,
    },
    ...(otherThreads === null ? [] : [{ term: 'Other threads', text: `${otherThreads.toFixed(2)} cores` }]),
    ...notSeen.map((text) => ({ term: 'Limit', text })),
  ]
}
