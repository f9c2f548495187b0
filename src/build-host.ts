// A host out of a placement and its policies: what every host keeps about its calls, and the way of a call through all
// layers. It runs without Node; which placements and policies there are to choose from is decided in create.ts and edge.ts.

import type { CacheSettings, Layer, Placement } from './model/index.ts'
import { payloadBytes, type Engine } from './engine/index.ts'
import { Counters, Life, PlacedHost, Roll } from './host/index.ts'
import { cancel, ResultCache } from './policies/index.ts'
import { InlinePlacement } from './placements/inline.ts'
import { sha256Hex } from '#runtime'

/** What a call meets on its way to the placement, in this order, with the cache in between where there is one. */
export interface Policies {
  readonly beforeCache: (roll: Roll) => readonly Layer[]
  readonly behindCache: readonly Layer[]
}

export function placeHost(
  placement: Placement,
  cacheSettings: CacheSettings | undefined,
  { beforeCache, behindCache }: Policies,
): PlacedHost {
  const counters = new Counters()
  const roll = new Roll()
  const life = new Life({ what: 'host', calls: roll, idle: () => counters.idle(), stop: () => placement.stop() })
  const cache = cacheSettings && openCache(cacheSettings)
  const policies = [...beforeCache(roll), ...(cache === undefined ? [] : [cache.layer]), ...behindCache]
  return new PlacedHost({
    placement,
    counters,
    roll,
    life,
    cache,
    line: (own) =>
      [own.counters.layer, counters.layer, own.life.layer, life.layer, ...policies].reduceRight(
        (inner, layer) => layer(inner),
        placement.run,
      ),
  })
}

/** A host on the caller's own thread. No roll: a call is over before anybody could look. */
export const openInline = (engine: Engine, cacheSettings?: CacheSettings): PlacedHost =>
  placeHost(new InlinePlacement(engine), cacheSettings, { beforeCache: () => [cancel], behindCache: [] })

const openCache = (settings: CacheSettings): ResultCache =>
  new ResultCache({
    ...settings,
    bytesOf: (payload, { contract }) => payloadBytes(payload, contract.profile.limits),
    digestOf: sha256Hex,
  })
