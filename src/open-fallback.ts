// The fallback of a host: settings → a placement that answers, and the policy in front of the main one.

import type {
  ErrorCode,
  FallbackSettings,
  HostSettings,
  KeyedContract,
  Layer,
  Placement,
  Route,
  Run,
  Via,
} from './model/index.ts'
import { createEngine, payloadBytes } from './engine/index.ts'
import {
  boundedPath,
  Fallback,
  serializeValues,
  TurnQueue,
  unboundedPath,
  type FallbackPath,
} from './policies/index.ts'
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
  const target = openTarget(fallback, settings)
  const placement = target.placement && new PlacementWithFallback(main, target.placement, first)
  const policy = fallbackTo(fallback, target, placement?.routeOf)
  const serialize = serializeValues(payloadBytes)
  return { policy, layers: [serialize, policy.layer], placement: placement ?? main }
}

/** The policy in front of what may fail, with the bounds of its target. */
export function fallbackTo(
  { to, exercise, maxQueue, maxQueueMs }: FallbackSettings,
  { run, via }: Target,
  routeOf?: (route: Route) => Route,
): Fallback {
  const path: FallbackPath =
    to === 'inline'
      ? new TurnQueue(run, { minWaiting: maxQueue, maxWaitMs: maxQueueMs })
      : to === 'skip'
        ? { ...unboundedPath(run), readsLater: false }
        : boundedPath(run, maxQueue)
  const except = to === 'inline' ? engineFaults : new Set<ErrorCode>()
  return new Fallback({ path, via, except, exercise: () => exercise, ...(routeOf !== undefined && { routeOf }) })
}

export interface Target {
  readonly run: Run
  readonly via: () => Via
  /** undefined: it needs no contracts. */
  readonly placement?: Placement
}

/** What answers in place of the main placement. Throws `engine.unavailable`. */
export function openTarget(
  { to }: FallbackSettings,
  { engine, jsCompressor }: Pick<HostSettings, 'engine' | 'jsCompressor'>,
): Target {
  if (to === 'skip') return { run: acceptUnprocessed, via: () => viaNone }
  const placement =
    to === 'inline'
      ? new InlinePlacement(createEngine(engine, jsCompressor))
      : new FunctionPlacement({ side: 'fallback', run: to })
  const via: Via = Object.freeze({ placement: 'inline', engine: placement.engine.kind })
  return { run: placement.run, via: () => via, ...(to === 'inline' && { placement }) }
}
