// Builds a host from a placement and its policies. Runs without Node: which placements and policies a host has is decided
// in create.ts and edge.ts.

import {
  runOf,
  type CacheSettings,
  type Call,
  type Contract,
  type EngineReport,
  type Layer,
  type Placement,
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
import { cancel, ResultCache } from './policies/index.ts'
import { InlinePlacement } from './placements/inline.ts'
import type { LinkedList } from './util/linked-list.ts'
import { sha256Hex } from '#runtime'

export interface HostPlan {
  /** The owner of the life cycle, for messages. */
  readonly what: 'host' | 'processor'
  readonly placement: Placement
  /** undefined: no cache. */
  readonly cache: CacheSettings | undefined
  /** The calls in flight; undefined where every call ends before `run` returns. */
  readonly activeCalls?: LinkedList<Call>
  /** The policies in the order in which a call meets them, before and after the cache. */
  readonly beforeCache: readonly Layer[]
  readonly afterCache: readonly Layer[]
  /** Of these policies. */
  readonly policyStats?: HostParts['policyStats']
}

export function buildHost({ what, placement, cache: settings, activeCalls, ...policies }: HostPlan): PlacedHost {
  const { policyStats = () => ({}) } = policies
  const counters = new Counters()
  const lifecycle = new HostLifecycle({
    what,
    calls: activeCalls ?? [],
    idle: () => counters.idle(),
    stop: () => placement.stop(),
  })
  const cache = settings && openCache(settings)
  const layers = [...policies.beforeCache, ...(cache === undefined ? [] : [cache.layer]), ...policies.afterCache]
  const run = layers.reduceRight((inner, layer) => layer(inner), placement.run)
  const valueReader = ({ profile }: Contract): ReturnType<typeof compileValueReader> => {
    const read = compileValueReader(profile)
    return placement.guardReader?.(read ?? plainValue) ?? read
  }
  const runs = { run, runWithSignal: cancel(run) }
  const reading = { valueReader, documentReader, takeContent }
  const viaOf = viaOfPlacement(placement)
  return new PlacedHost({ placement, counters, lifecycle, activeCalls, cache, viaOf, policyStats, ...reading, ...runs })
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
export const buildInlineHost = (what: HostPlan['what'], engine: Engine, cache?: CacheSettings): PlacedHost =>
  buildHost({ what, placement: new InlinePlacement(engine), cache, beforeCache: [], afterCache: [] })

const openCache = (settings: CacheSettings): ResultCache =>
  new ResultCache({
    ...settings,
    bytesOf: (payload, { contract }) => payloadBytes(payload, contract.profile),
    digestOf: sha256Hex,
  })
