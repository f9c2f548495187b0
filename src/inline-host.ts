// The composition of an inline host, which runs without Node too: edge.ts takes it as it is, create.ts beside the other
// placements.

import type { CacheSettings, Layer, Placement, Run } from './contract/index.ts'
import { payloadBytes, type Engine } from './engine/index.ts'
import { cancel, Counters, Life, PlacedHost, ResultCache, Roll, type HostParts } from './layer/index.ts'
import { InlinePlacement } from './placement/inline.ts'
import { sha256Hex } from '#runtime'

/** A host on the caller's own thread. */
export function openInline(engine: Engine, cacheSettings?: CacheSettings): PlacedHost {
  const placement = new InlinePlacement(engine)
  const { counters, roll, life } = bookkeeping(placement)
  const cache = openCache(cacheSettings)
  return new PlacedHost({
    placement,
    counters,
    roll,
    life,
    cache,
    // No roll: a call is over before anybody could look.
    line: (own) =>
      compose(
        [own.counters.layer, counters.layer, own.life.layer, life.layer, cancel, ...layersOf(cache)],
        placement.run,
      ),
  })
}

/** The cache of a host, where it is asked for. */
export const openCache = (settings: CacheSettings | undefined): ResultCache | undefined =>
  settings &&
  new ResultCache({
    ...settings,
    bytesOf: (payload, { contract }) => payloadBytes(payload, contract.profile.limits),
    digestOf: sha256Hex,
  })

export const layersOf = (cache: ResultCache | undefined): Layer[] => (cache === undefined ? [] : [cache.layer])

/** What every host keeps about its calls. */
export function bookkeeping(placement: Placement): Pick<HostParts, 'counters' | 'roll' | 'life'> {
  const counters = new Counters()
  const roll = new Roll()
  const life = new Life({ what: 'host', calls: roll, idle: () => counters.idle(), stop: () => placement.stop() })
  return { counters, roll, life }
}

/** The layers in the order in which a call meets them. */
export const compose = (layers: readonly Layer[], run: Run): Run =>
  layers.reduceRight((inner, layer) => layer(inner), run)
