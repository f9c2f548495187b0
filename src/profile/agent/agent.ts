// Profiles the main thread of the process in which it runs: V8's sampling profiler, the delay of the event loop, the garbage
// collector, and which route ran when. Everything it changes in the process is put back when its window ends.

import { Session } from 'node:inspector'
import { performance } from 'node:perf_hooks'
import { countCpuUse } from './cpu-use.ts'
import { ask, FunctionInspector } from './inspect-functions.ts'
import { hookJson } from './json-hooks.ts'
import { probeDelay, probeGc } from './probes.ts'
import { watchRequests, type RequestRanges } from './request-ranges.ts'
import type { AgentOptions, CpuProfile, RawProfile, RouteFunction } from '../raw.ts'

export interface Agent {
  /** Ends the window, if it has not ended. `isExit`: because the process ends. */
  finish(isExit?: boolean): void
}

/** `onEnd` gets the profile, once: after `seconds`, or when `finish` is called; `onTick` is called every 10 ms until then. */
export function startAgent(options: AgentOptions, onEnd: (raw: RawProfile) => void, onTick: () => void): Agent {
  const session = new Session()
  session.connect()
  const before = performance.now()
  const clock = { now: performance.now(), micros: Number(process.hrtime.bigint() / 1000n) }
  ask(session, 'Profiler.enable')
  ask(session, 'Profiler.setSamplingInterval', { interval: options.intervalMicros })
  ask(session, 'Profiler.start')
  const started = performance.now()

  let windowStart = started
  let use = countCpuUse()
  const json = hookJson()
  const requests = watchRequests(() => {
    if (!options.skipsStart) return
    windowStart = performance.now()
    use = countCpuUse()
  })
  const gc = probeGc()
  const delay = probeDelay((now) => {
    if (now >= windowStart + options.seconds * 1000) finish()
    else onTick()
  })
  let workers = 0
  const onWorker = (): void => void workers++
  process.on('worker', onWorker)

  let isFinished = false
  const finish = (isExit = false): void => {
    if (isFinished) return
    isFinished = true
    const end = performance.now()
    const used = use()
    const { profile } = ask(session, 'Profiler.stop') as { readonly profile: CpuProfile }
    ask(session, 'Profiler.disable')
    delay.stop()
    requests.remove()
    json.remove()
    process.off('worker', onWorker)
    const routeFunctions = findRoutes(requests, new FunctionInspector(session))
    const pauses = gc.pauses().filter(([start]) => start >= windowStart && start <= end)
    gc.stop()
    session.disconnect()
    // V8's clock is that of hrtime on the systems known so far; where it is not, the profile began while `start` ran.
    const offset = profile.startTime / 1000 - clock.micros / 1000
    const isSameClock = offset > -1 && offset < started - before + 1
    const profileStart = isSameClock ? clock.now + offset : started
    const samples = samplesOf(profile, profileStart, windowStart, end)
    const counts = requests.requestsSince(windowStart)
    onEnd({
      pid: process.pid,
      ppid: process.ppid,
      script: process.argv[1] ?? '',
      cwd: process.cwd(),
      node: process.versions.node,
      execPath: process.execPath,
      intervalMicros: options.intervalMicros,
      startMs: started - before,
      windowMs: end - windowStart,
      endedEarly: isExit,
      requests: requests.countSince(windowStart),
      nodes: profile.nodes.map(({ id, callFrame, children = [] }) => ({ id, callFrame, children })),
      ...samples,
      at: samples.at.map((at) => at - windowStart),
      routed: requests.routesAt(samples.at),
      routedMs: Math.max(0, Math.min(requests.knownUntil(), end) - windowStart),
      routes: requests.table.names.map((name, i) => ({ name, requests: counts[i] ?? 0 })),
      routeFunctions,
      ...ticksOf(delay, windowStart),
      gc: pauses.map(([, duration]) => duration),
      jsonCalls: json.calls(),
      ...used,
      workers,
    })
  }
  return { finish }
}

interface Samples {
  readonly at: number[]
  readonly lasted: number[]
  readonly sampled: number[]
}

/** A sample stands for the time until the next one. */
function samplesOf(profile: CpuProfile, profileStart: number, start: number, end: number): Samples {
  const made: Samples = { at: [], lasted: [], sampled: [] }
  let now = profileStart
  profile.samples.forEach((node, i) => {
    now += (profile.timeDeltas[i] as number) / 1000
    const next = profile.timeDeltas[i + 1]
    const until = next === undefined ? end : Math.min(end, now + next / 1000)
    const from = Math.max(now, start)
    if (until <= from) return
    made.at.push(from)
    made.lasted.push(until - from)
    made.sampled.push(node)
  })
  return made
}

function ticksOf(
  { due, late }: { readonly due: readonly number[]; readonly late: readonly number[] },
  start: number,
): Pick<RawProfile, 'due' | 'late'> {
  const kept = due.map((at, i) => [at - start, late[i] as number] as const).filter(([at]) => at >= 0)
  return { due: kept.map(([at]) => at), late: kept.map(([, by]) => by) }
}

/** Names the routes that only the router of the app knows, and locates the functions of all. Never fails: a route is an extra. */
function findRoutes({ table, servers }: RequestRanges, inspector: FunctionInspector): RouteFunction[] {
  try {
    const apps = [...servers].flatMap((server) => inspector.honoApps(server))
    for (const { routes } of apps) {
      for (const { method, path, handler } of routes)
        if (method !== 'ALL') table.addHandler(`${method} ${path}`, handler)
    }
    table.resolvePaths((method, path) => {
      for (const { router } of apps) {
        const route = honoRoute(router.match(method, path))
        if (route !== undefined) return table.indexOf(`${route.method} ${route.path}`)
      }
      return -1
    })
    return table.handlers.flatMap((handlers, route) =>
      handlers.flatMap((handler) => {
        const place = inspector.locationOf(handler)
        return place === undefined ? [] : [{ route, ...place }]
      }),
    )
  } catch {
    return []
  }
}

interface HonoRoute {
  readonly method: string
  readonly path: string
}

/** The last of the matched routes that is not for all methods. */
function honoRoute(match: unknown): HonoRoute | undefined {
  // [[[handler, route], parameters], …], and beside it what the parameters index into.
  const [matched] = match as readonly [readonly (readonly [readonly [unknown, HonoRoute], unknown])[]]
  return matched.map(([[, route]]) => route).findLast(({ method }) => method !== 'ALL')
}
