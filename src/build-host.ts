// Builds a host from a placement and its policies. Runs without Node: which placements and policies a host has is decided
// in create.ts and edge.ts.

import {
  runOf,
  type CacheSettings,
  type Call,
  type Contract,
  type EngineReport,
  type HostSettings,
  type Layer,
  type Placement,
  type SharedTier,
  type Via,
} from './model/index.ts'
import {
  compileValueReader,
  documentReader,
  payloadBytes,
  plainValue,
  takeContent,
  type Engine,
} from './engine/index.ts'
import { Counters, HostLifecycle, PlacedHost, type HostParts } from './host/index.ts'
import { cancel, deadlineOfChecks, ResultCache } from './policies/index.ts'
import { InlinePlacement } from './placements/inline.ts'
import { LinkedList } from './util/linked-list.ts'
import { hmacSha256Hex, sha256Hex } from '#runtime'

export interface HostPlan {
  /** The owner of the life cycle, for messages. */
  readonly what: 'host' | 'processor'
  readonly placement: Placement
  /** undefined: no cache. */
  readonly cache: CacheSettings | undefined
  /** The second tier of the cache, which is closed with the host. */
  readonly sharedTier?: SharedTier | undefined
  /** The calls in flight. */
  readonly activeCalls: LinkedList<Call>
  /** See `HostParts`. Default false. */
  readonly endsInRun?: boolean
  /** The policies in the order in which a call meets them, before and after the cache. */
  readonly beforeCache: readonly Layer[]
  readonly afterCache: readonly Layer[]
  /** Of these policies. */
  readonly policyStats?: HostParts['policyStats']
}

/** Calls of a stream that wait for the second tier of a cache while others run. */
const sharedDepth = 64

export function buildHost(plan: HostPlan): PlacedHost {
  const { what, placement, cache: settings, sharedTier, activeCalls, ...policies } = plan
  const { policyStats = () => ({}), endsInRun = false } = policies
  const counters = new Counters()
  const lifecycle = new HostLifecycle({
    what,
    calls: activeCalls,
    idle: () => counters.idle(),
    stop: async () => void (await Promise.all([placement.stop(), sharedTier?.close()])),
  })
  const cache = settings && openCache(settings, sharedTier)
  const layers = [...policies.beforeCache, ...(cache === undefined ? [] : [cache.layer]), ...policies.afterCache]
  const run = layers.reduceRight((inner, layer) => layer(inner), placement.run)
  const valueReader = ({ profile }: Contract): ReturnType<typeof compileValueReader> => {
    const read = compileValueReader(profile)
    return placement.guardReader?.(read ?? plainValue) ?? read
  }
  const runs = { run, runWithSignal: cancel(run) }
  const reading = { valueReader, documentReader, takeContent }
  const viaOf = viaOfPlacement(placement)
  const leastDepth = sharedTier === undefined ? 0 : sharedDepth
  const busyDepth = (): number => Math.max(placement.busyDepth, leastDepth)
  const own = { placement, counters, lifecycle, activeCalls, endsInRun, cache, viaOf, busyDepth, policyStats }
  return new PlacedHost({ ...own, ...reading, ...runs })
}

/** One object for all calls that go the same way: it is made again when the engine changes. */
function viaOfPlacement(placement: Placement): (call: Call) => Via {
  let report: EngineReport | undefined
  let [main, inline]: Via[] = []
  return (call) => {
    const { name, engine } = placement
    if (engine !== report || main === undefined || inline === undefined) {
      report = engine
      main = Object.freeze({ placement: name === 'auto' ? 'pool' : name, engine: engine.kind })
      inline = Object.freeze({ placement: 'inline', engine: engine.kind })
    }
    return runOf(call).ranInline ? inline : main
  }
}

/** A host on the caller's own thread. */
export const buildInlineHost = (
  what: HostPlan['what'],
  engine: Engine,
  { cache, deadlineMs }: Pick<HostSettings, 'cache' | 'deadlineMs'>,
): PlacedHost =>
  buildHost({
    what,
    placement: new InlinePlacement(engine),
    cache,
    activeCalls: new LinkedList(),
    endsInRun: true,
    beforeCache: [deadlineOfChecks(deadlineMs)],
    afterCache: [],
  })

const openCache = (settings: CacheSettings, shared: SharedTier | undefined): ResultCache =>
  new ResultCache({
    ...settings,
    shared,
    bytesOf: payloadBytes,
    digestOf: sha256Hex,
    keyedDigestOf: (bytes, key) => hmacSha256Hex(key, bytes),
  })
