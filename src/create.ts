// The composition root: options → engine → placement → policies. The only file that imports all placements and policies.

import { availableParallelism } from 'node:os'
import {
  checkContract,
  resolveHostOptions,
  resolveProcessorOptions,
  SidelaneError,
  splitCreateOptions,
  type BreakerEvent,
  type BreakerState,
  type Call,
  type Contract,
  type CreateOptions,
  type Host,
  type HostOptions,
  type HostSettings,
  type InferredBy,
  type KeyedContract,
  type Layer,
  type Placement,
  type Processor,
  type SharedTier,
} from './model/index.ts'
import { createEngine, warnOfFallback } from './engine/index.ts'
import type { PlacedHost, PolicyStats } from './host/index.ts'
import { Admission, Breaker, breaker, deadline, type QueueState } from './policies/index.ts'
import { openFallback } from './open-fallback.ts'
import { buildHost, buildInlineHost, type HostPlan } from './build-host.ts'
import { needsExportConditionNode } from '#runtime'
import { isDenied } from './util/deno-permission.ts'
import { LinkedList } from './util/linked-list.ts'
import { OperatorEvents } from './util/operator-events.ts'
import { PackageFilesError } from './util/package-files.ts'
import { AutoPlacement, InlinePlacement, PoolPlacement, SidecarPlacement } from './placements/index.ts'

/**
 * One placement for many contracts: `host.processor(contract)`.
 *
 * Rejects with `options.invalid`, with `engine.unavailable` when the engine, a worker of the pool or a daemon that is
 * launched cannot run, and with `unavailable` or `overloaded` when no daemon answers.
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  return openHost('host', resolveHostOptions(options, availableParallelism()), [])
}

/**
 * A host for one contract: closing the processor closes the host.
 *
 * ```js
 * const pool = await createProcessor(order, { placement: 'pool' })
 * const server = app.listen(process.env.PORT ?? 3000)
 * process.once('SIGTERM', () => server.close(() => pool.close()))
 * ```
 *
 * Rejects as `createHost` does, and with `codec.unavailable` or `contract.*`: a daemon with another contract of this name is
 * `contract.mismatch`.
 */
export async function createProcessor<In, Out, C extends boolean = false, A extends boolean = false>(
  contract: Contract<In, Out>,
  options: InferredBy<CreateOptions<C, A>, { readonly canonical: C; readonly runInApp: A }> = {},
): Promise<Processor<In, Out, NoInfer<C>, NoInfer<A>>> {
  const parts = splitCreateOptions(options)
  const settings = resolveHostOptions(parts.host, availableParallelism())
  const own = resolveProcessorOptions(parts.processor)
  checkContract(contract)
  // Given before the workers start: they compile it while they load.
  const host = await openHost('processor', settings, [{ contract, digestKey: own.digestKey }])
  try {
    return host.open<In, Out, C, A>(contract, own, true)
  } catch (error) {
    await host.close()
    throw error
  }
}

async function openHost(...args: Parameters<typeof placeHost>): Promise<PlacedHost> {
  // The web twin of #runtime lacks it: bundlers end the build with its name, require() gives undefined.
  if (needsExportConditionNode !== true) throw withoutNode()
  try {
    return await placeHost(...args)
  } catch (cause) {
    if (!(cause instanceof PackageFilesError || isDenied(cause))) throw cause
    throw new SidelaneError('engine.unavailable', { message: cause.message, cause })
  }
}

const withoutNode = (): SidelaneError =>
  new SidelaneError('engine.unavailable', {
    message:
      'A bundler or a test runner for browsers chose the files of sidelane that are without Node: add the export condition ' +
      '"node" (docs/bundlers.md), or import sidelane/edge.',
  })

async function placeHost(
  what: HostPlan['what'],
  settings: HostSettings,
  first: readonly KeyedContract[],
): Promise<PlacedHost> {
  if (settings.placement === 'sidecar') {
    const sidecar = await SidecarPlacement.start(settings, first)
    return openQueued(what, settings, sidecar, first, admissionTo(sidecar, settings, 1))
  }
  // Before any worker: an addon that only workers load can crash the process when the last of them ends.
  const engine = createEngine(settings.engine, settings.jsCompressor)
  warnOfFallback(settings.engine, engine.report)
  if (settings.placement === 'inline') {
    const { fallback, breaker: breakerSettings, cache } = settings
    if (fallback === undefined && breakerSettings === undefined && cache?.shared === undefined) {
      return buildInlineHost(what, engine, settings)
    }
    return openQueued(what, settings, new InlinePlacement(engine), first)
  }
  const pool = await PoolPlacement.start(settings, engine, first)
  const admission = admissionTo(pool, settings, settings.threads)
  if (settings.placement === 'pool') return openQueued(what, settings, pool, first, admission)
  const inline = new InlinePlacement(engine, false)
  // Admission is inside the placement, in front of the pool alone.
  return openQueued(what, settings, await AutoPlacement.start({ inline, pool, admission }), first)
}

/** Calls per worker that may always wait, regardless of `maxQueueMs`. */
const waitingPerWorker = 4

const admissionTo = (
  queue: QueueState,
  { maxQueue, maxQueueBytes, maxQueueMs }: HostSettings,
  workers: number,
): Layer => new Admission({ maxQueue, maxQueueBytes, maxQueueMs, minWaiting: waitingPerWorker * workers, queue }).layer

async function openQueued(
  what: HostPlan['what'],
  settings: HostSettings,
  main: Placement,
  first: readonly KeyedContract[],
  ...admission: readonly Layer[]
): Promise<PlacedHost> {
  const { cache, deadlineMs, breaker: breakerSettings } = settings
  const activeCalls = new LinkedList<Call>()
  const sharedTier = await openShared(settings, main)
  const fallback = await orClose(() => openFallback(settings, main, first), main, sharedTier)
  const events = new OperatorEvents<BreakerEvent>(settings)
  const contract = what === 'processor' ? first[0]?.contract.name : undefined
  const onChange = (to: BreakerState, reason: string): void => {
    const about = { ...(contract !== undefined && { contract }), placement: settings.placement, state: to, reason }
    events.emit({ type: 'breaker', ...about }, { level: to === 'closed' ? 'info' : 'warn', event: 'breaker', ...about })
  }
  const state = breakerSettings && new Breaker(breakerSettings, { onChange })
  // A call meets them in this order:
  // - The deadline, which ends one call, whatever else happens to it: neither the fallback nor a shared run may outlive it.
  // - The fallback, which answers for everything behind it.
  // - The cache, and behind it the tier that processes share: a result that is known needs neither a placement that works
  //   nor space in its queue. A result of the fallback is not kept: with `skip` it is none.
  // - The breaker, which saves the queue from calls that would fail.
  // - Admission to the queue of the placement.
  const beforeCache = [deadline({ defaultMs: deadlineMs, calls: activeCalls }), ...(fallback?.layers ?? [])]
  const afterCache = [...(state === undefined ? [] : [breaker(state)]), ...admission]
  const policyStats = (): PolicyStats => ({
    ...(fallback !== undefined && { fallback: fallback.policy.stats }),
    ...(state !== undefined && { breaker: state.stats }),
  })
  const placement = fallback?.placement ?? main
  return buildHost({ what, placement, cache, sharedTier, activeCalls, beforeCache, afterCache, policyStats })
}

const openShared = ({ cache }: HostSettings, main: Placement): Promise<SharedTier | undefined> =>
  orClose(async () => cache?.shared?.open(), main, undefined)

/** Closes what is open when the next part cannot be opened. */
async function orClose<T>(open: () => T | Promise<T>, main: Placement, sharedTier: SharedTier | undefined): Promise<T> {
  try {
    return await open()
  } catch (error) {
    await Promise.all([main.stop(), sharedTier?.close()])
    throw error
  }
}
