// The fallback of a host: settings → a placement that answers, and the policy in front of the main one.

import type { ErrorCode, HostSettings, KeyedContract, Layer, Placement, Run, Via } from './model/index.ts'
import { createEngine, payloadBytes } from './engine/index.ts'
import { boundedPath, Fallback, serializeValues, TurnQueue, unboundedPath, type FallbackPath } from './policies/index.ts'
import {
  acceptUnprocessed,
  FunctionPlacement,
  InlinePlacement,
  PlacementWithFallback,
  viaNone,
} from './placements/index.ts'

export interface OpenedFallback {
  readonly policy: Fallback
  /** In the order in which a call meets them. */
  readonly layers: readonly Layer[]
  /** The main placement, and the one of the fallback. */
  readonly placement: Placement
}

/** An engine that failed on a payload would fail on it again, and here it could take the app with it. */
const engineFaults: ReadonlySet<ErrorCode> = new Set(['internal.panic'])

/** Opens what `settings.fallback` names, for the contracts that `main` has. Throws `engine.unavailable`, `options.invalid`. */
export function openFallback(
  settings: HostSettings,
  main: Placement,
  first: readonly KeyedContract[],
): OpenedFallback | undefined {
  const { fallback } = settings
  if (fallback === undefined) return undefined
  const { to, exercise, maxQueue, maxQueueMs } = fallback
  const target = targetOf(to, settings)
  const path: FallbackPath =
    to === 'inline'
      ? new TurnQueue(target.run, { minWaiting: maxQueue, maxWaitMs: maxQueueMs })
      : to === 'skip'
        ? { ...unboundedPath(target.run), readsLater: false }
        : boundedPath(target.run, maxQueue)
  const policy = new Fallback({ path, via: target.via, except: to === 'inline' ? engineFaults : new Set(), exercise })
  const serialize = serializeValues((payload, { contract }) => payloadBytes(payload, contract.profile))
  const { placement } = target
  return {
    policy,
    layers: [serialize, policy.layer],
    placement: placement === undefined ? main : new PlacementWithFallback(main, placement, first),
  }
}

interface Target {
  readonly run: Run
  readonly via: () => Via
  /** undefined: it needs no contracts. */
  readonly placement?: Placement
}

function targetOf(to: NonNullable<HostSettings['fallback']>['to'], settings: HostSettings): Target {
  if (to === 'skip') return { run: acceptUnprocessed, via: () => viaNone }
  const placement =
    to === 'inline'
      ? new InlinePlacement(createEngine(settings.engine, settings.jsCompressor))
      : new FunctionPlacement({ side: 'fallback', run: to })
  const via: Via = Object.freeze({ placement: 'inline', engine: placement.engine.kind })
  return { run: placement.run, via: () => via, ...(to === 'inline' && { placement }) }
}
