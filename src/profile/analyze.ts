// Makes the record from what the agents of the app's processes handed over.

import { classifyNodes, isMovable, type NodeClass } from './classify.ts'
import { delaysOf, MovableTime } from './stalls.ts'
import { boundOf, verdictOf } from './verdict.ts'
import { notSeenBy } from './not-seen.ts'
import type { OverheadCost } from './measure-overhead.ts'
import type { RawProfile } from './raw.ts'
import {
  movableCategories,
  profileRecordKind,
  profileRecordVersion,
  type CallSite,
  type Category,
  type CategoryShare,
  type LibraryShare,
  type ProfiledProcess,
  type ProfileRecord,
  type RouteShare,
} from './record.ts'

const order: readonly Category[] = [...movableCategories, 'gc', 'otherJs', 'native', 'idle']
const maxRows = 20

export interface AnalyzeInput {
  /** All processes of the app; the first is the one that is analyzed. */
  readonly profiles: readonly [RawProfile, ...RawProfile[]]
  /** Undefined: not measured. */
  readonly cost: OverheadCost | undefined
  readonly sidelane: string
  /** Where this package's code lies. */
  readonly ownFolder: string
  /** File names are relative to it. */
  readonly cwd: string
}

/** In ms. */
interface Sums {
  readonly categories: Map<Category, number>
  readonly libraries: Map<Category, Map<string, number>>
  readonly sites: Map<string, { readonly site: Omit<CallSite, 'share'>; ms: number }>
  readonly routes: { ms: number; movableMs: number }[]
  readonly movable: MovableTime
  /** Garbage collection that followed movable work. */
  movableGc: number
  profiler: number
}

export function analyze({ profiles, cost, sidelane, ownFolder, cwd }: AnalyzeInput): ProfileRecord {
  const [raw, ...others] = profiles
  const classes = classifyNodes(raw.nodes, raw.routeFunctions, ownFolder)
  const sums = sumUp(raw, classes, cwd)
  const share = (ms: number | undefined): number => (raw.windowMs > 0 ? (ms ?? 0) / raw.windowMs : 0)
  const idle = share(sums.categories.get('idle'))
  const categories = order.map((category): CategoryShare => {
    const of = share(sums.categories.get(category))
    const busyShare = category === 'idle' || idle >= 1 ? null : of / (1 - idle)
    return { category, share: of, busyShare, libraries: librariesOf(sums.libraries.get(category), share) }
  })
  const callSites = [...sums.sites.values()]
    .map(({ site, ms }) => ({ ...site, share: share(ms) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, maxRows)
  const delays = delaysOf(raw.due, raw.late, sums.movable)
  const movableShare = categories.reduce((sum, { category, share: of }) => sum + (isMovable(category) ? of : 0), 0)
  const p99 = { now: delays.measured.p99, without: delays.p99Without }
  const bound = boundOf(Math.min(1, movableShare + share(sums.movableGc)), idle, p99)
  const costMs = cost && (raw.sampled.length * cost.perSampleMicros + raw.jsonCalls * cost.perJsonCallMicros) / 1000
  return {
    kind: profileRecordKind,
    version: profileRecordVersion,
    at: new Date().toISOString(),
    sidelane,
    process: processOf(raw, cwd),
    others: others.map((other) => processOf(other, cwd)),
    seconds: raw.windowMs / 1000,
    requests: raw.requests,
    samples: raw.sampled.length,
    intervalMicros: raw.intervalMicros,
    categories,
    callSites,
    routes: routesOf(raw, sums),
    eventLoopDelay: delays.measured,
    gc: {
      count: raw.gc.length,
      total: raw.gc.reduce((sum, ms) => sum + ms, 0),
      max: raw.gc.reduce((max, ms) => Math.max(max, ms), 0),
    },
    otherThreads: raw.mainCpuMs === null ? null : Math.max(0, share(raw.cpuMs - raw.mainCpuMs)),
    overhead: {
      share: costMs === undefined ? null : share(costMs + sums.profiler),
      perSampleMicros: cost?.perSampleMicros ?? null,
      startMs: raw.startMs,
    },
    bound,
    ...verdictOf({ bound, idle, requests: raw.requests, largest: callSites[0] }),
    notSeen: notSeenBy(raw, 1 - idle, sums.routes.length > 0),
  }
}

function sumUp(raw: RawProfile, classes: ReadonlyMap<number, NodeClass>, cwd: string): Sums {
  const sums: Sums = {
    categories: new Map(),
    libraries: new Map(),
    sites: new Map(),
    routes: raw.routes.map(() => ({ ms: 0, movableMs: 0 })),
    movable: new MovableTime(),
    movableGc: 0,
    profiler: 0,
  }
  let wasMovable = false
  for (const [i, node] of raw.sampled.entries()) {
    const lasted = raw.lasted[i] as number
    const { category, library, site, isProfiler, route: handlerRoute } = classes.get(node) as NodeClass
    addTo(sums.categories, category, lasted)
    if (isProfiler) sums.profiler += lasted
    if (category === 'gc') {
      if (wasMovable) sums.movableGc += lasted
    } else wasMovable = isMovable(category)
    // A collection is part of the stall that the work made.
    if (wasMovable) sums.movable.add(raw.at[i] as number, lasted)
    const ranRoute = raw.routed[i] as number
    const isRouted = category !== 'idle' && (raw.at[i] as number) < raw.routedMs
    const route = sums.routes[!isRouted ? -1 : ranRoute >= 0 ? ranRoute : handlerRoute]
    if (route !== undefined) {
      route.ms += lasted
      if (isMovable(category)) route.movableMs += lasted
    }
    if (!isMovable(category) || library === undefined || site === undefined) continue
    let named = sums.libraries.get(category)
    if (named === undefined) sums.libraries.set(category, (named = new Map()))
    addTo(named, library, lasted)
    const file = relativeTo(cwd, site.file)
    const key = `${category} ${file}:${site.line} ${site.function}`
    const known = sums.sites.get(key)
    if (known === undefined) sums.sites.set(key, { site: { category, ...site, file }, ms: lasted })
    else known.ms += lasted
  }
  return sums
}

function addTo<K>(sums: Map<K, number>, key: K, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}

function librariesOf(sums: ReadonlyMap<string, number> = new Map(), share: (ms: number) => number): LibraryShare[] {
  return [...sums].map(([name, ms]) => ({ name, share: share(ms) })).sort((a, b) => b.share - a.share)
}

function routesOf(raw: RawProfile, { routes }: Sums): RouteShare[] {
  const share = (ms: number): number => (raw.routedMs > 0 ? ms / raw.routedMs : 0)
  return raw.routes
    .map(({ name, requests }, i) => {
      const { ms, movableMs } = routes[i] as Sums['routes'][number]
      return { route: name, requests, share: share(ms), movable: share(movableMs) }
    })
    .filter(({ requests, share: of }) => requests > 0 || of > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, maxRows)
}

/** Share of the window in which the main thread did not wait. */
export function busyOf({ nodes, sampled, lasted, windowMs }: RawProfile): number {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id))
  const waited = sampled.reduce((sum, node, i) => sum + (idle.has(node) ? (lasted[i] as number) : 0), 0)
  return windowMs > 0 ? Math.max(0, 1 - waited / windowMs) : 0
}

function processOf(raw: RawProfile, cwd: string): ProfiledProcess {
  return {
    pid: raw.pid,
    script: relativeTo(cwd, raw.script.replaceAll('\\', '/')),
    node: raw.node,
    samples: raw.sampled.length,
    busy: busyOf(raw),
    workers: raw.workers,
  }
}

function relativeTo(cwd: string, file: string): string {
  const folder = cwd.endsWith('/') ? cwd : `${cwd}/`
  return file.startsWith(folder) ? file.slice(folder.length) : file
}
