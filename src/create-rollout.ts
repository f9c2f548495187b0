// The composition of a rollout: two sides, and the policies in front of them. Which one stands where, and why, is in
// `createRollout` alone.

import {
  resolveRolloutOptions,
  type Call,
  type Contract,
  type InferredBy,
  type Layer,
  type MismatchSample,
  type Placement,
  type RolloutOptions,
  type RolloutSettings,
  type RolloutStats,
  type Run,
  type ShadowSettings,
  type Side,
  type SideName,
  type Via,
} from './model/index.ts'
import { buildHost } from './build-host.ts'
import { payloadBytes } from './engine/index.ts'
import { fallbackTo, openTarget } from './open-fallback.ts'
import { FunctionPlacement, ProcessorSide } from './placements/index.ts'
import {
  Breaker,
  breaker,
  canary,
  deadline,
  Fallback,
  Shadow,
  SideMonitor,
  Steps,
  trippedGuard,
  unboundedPath,
  type Compared,
} from './policies/index.ts'
import {
  ControlledRollout,
  differenceOf,
  positionBy,
  RolloutControl,
  RolloutEvents,
  SidesPlacement,
  type Rollout,
} from './rollout/index.ts'
import { LinkedList } from './util/linked-list.ts'
import { guarded } from './util/operator-events.ts'

/**
 * A processor that moves its calls from `baseline` to `candidate` by percent (docs/rollout.md). It owns its sides: closing
 * it closes processors among them.
 *
 * Rejects with `options.invalid`, `contract.mismatch` for a side of another contract, and `engine.unavailable` for a fallback
 * that cannot run here.
 */
export async function createRollout<In, Out, C extends boolean = false>(
  options: InferredBy<RolloutOptions<In, Out, C>, { readonly canonical: C }>,
): Promise<Rollout<In, Out, NoInfer<C>>> {
  const settings = resolveRolloutOptions(options)
  const contract: Contract = options.contract
  const events = new RolloutEvents(contract.name, options)
  const sides = { baseline: sideOf('baseline', options.baseline), candidate: sideOf('candidate', options.candidate) }
  // The fallback hides a refusal from the shadow, and calls that are no sample go past it.
  const onOverloaded = (): void => shadow?.refused()
  const monitors = {
    baseline: monitorOf('baseline', sides, settings, onOverloaded),
    candidate: monitorOf('candidate', sides, settings, onOverloaded),
  }
  const state =
    settings.breaker &&
    new Breaker(settings.breaker, { onChange: (to, reason) => events.emit({ type: 'breaker', state: to, reason }) })
  const start = { percent: settings.percent, held: false }
  const steps = new Steps({ ...settings, back: settings.stepBack }, start, performance.now())

  // What a call meets, from the caller to a side:
  //
  // 1. Signal and deadline: they end the call, and with it everything below.
  // 2. Shadow: it looks at a call from outside, so that it sees the answer that the caller gets.
  // 3. Canary: chooses the side. Everything below belongs to one side.
  // 4. Fallback, of the candidate alone: it answers for everything below.
  // 5. Monitor: counts what the side did, before a fallback hides it, and a breaker that is open as failures: that is what
  //    callers would see.
  // 6. Breaker, of the candidate alone: next to what it protects. The baseline has none: there is nothing behind it.
  // 7. The side: a processor with policies of its own, or a function.
  const baseline = chain(sides.baseline.run, monitors.baseline.layer)
  const fallback = openRolloutFallback(settings, contract, sides, baseline, steps)
  const candidate = chain(
    sides.candidate.run,
    fallback?.policy.layer,
    monitors.candidate.layer,
    state && breaker(state),
  )
  let keyFailures = 0
  const onKeyFailure = (error: unknown): void => {
    if (keyFailures++ === 0) events.emit({ type: 'key', problem: error instanceof Error ? error.name : typeof error })
  }
  const positionOf = positionBy(options.key, contract)
  const split = canary({ percent: () => steps.percent, positionOf, onKeyFailure, baseline, candidate })
  const shadow = settings.shadow && openShadow(settings.shadow, contract, sides, state, events)
  const activeCalls = new LinkedList<Call>()
  const placement = new SidesPlacement(sides.candidate, split, async () => {
    shadow?.stop()
    await control.stop()
    await Promise.all([sides.baseline.stop(), sides.candidate.stop(), fallback?.placement?.stop()])
  })
  const host = buildHost({
    what: 'processor',
    placement,
    cache: undefined,
    activeCalls,
    beforeCache: [deadline({ defaultMs: settings.deadlineMs, calls: activeCalls })],
    afterCache: shadow === undefined ? [] : [shadow.layer],
    policyStats: () => ({
      rollout: statsOf(control, monitors, keyFailures, shadow),
      ...(fallback !== undefined && { fallback: fallback.policy.stats }),
      ...(state !== undefined && { breaker: state.stats }),
    }),
  })
  const none = { compared: 0, mismatched: 0 }
  const control = await RolloutControl.open({
    contract: contract.name,
    steps,
    file: options.file,
    judge: () =>
      trippedGuard(settings.guards, {
        baseline: monitors.baseline.window(),
        candidate: monitors.candidate.window(),
        shadow: shadow?.ofStep ?? none,
      }),
    callsOfStep: () => monitors.candidate.callsOfStep,
    onStep: () => {
      monitors.baseline.restart()
      monitors.candidate.restart()
      shadow?.restart()
    },
    emit: (event) => events.emit(event),
  })
  const own = { digestKey: undefined, canonical: settings.canonical, runInApp: false }
  const processor = host.open<In, Out, C, false>(options.contract, own, true)
  return new ControlledRollout(processor, control, [options.baseline, options.candidate])
}

type Sides = Readonly<Record<SideName, Placement>>

function sideOf<In, Out>(side: SideName, given: Side<In, Out>): Placement {
  if (typeof given === 'function') return new FunctionPlacement({ side, run: given })
  return new ProcessorSide(given, side)
}

const viaOfSide = ({ name, engine }: Placement): Via => ({
  placement: name === 'auto' ? 'pool' : name,
  engine: engine.kind,
})

const monitorOf = (
  side: SideName,
  sides: Sides,
  { windowMs }: RolloutSettings,
  onOverloaded: () => void,
): SideMonitor => new SideMonitor({ side, windowMs, via: () => viaOfSide(sides[side]), onOverloaded })

/** The first layer is the outermost. */
const chain = (run: Run, ...layers: readonly (Layer | undefined)[]): Run =>
  layers.reduceRight<Run>((inner, layer) => (layer === undefined ? inner : layer(inner)), run)

function openRolloutFallback(
  { fallback }: RolloutSettings,
  contract: Contract,
  sides: Sides,
  baseline: Run,
  steps: Steps,
): { readonly policy: Fallback; readonly placement?: Placement | undefined } | undefined {
  if (fallback === undefined) return undefined
  const { to, ...bounds } = fallback
  if (to !== 'baseline') {
    const target = openTarget({ ...bounds, to }, { engine: 'auto', jsCompressor: undefined })
    target.placement?.add(contract, undefined)
    return { policy: fallbackTo({ ...bounds, to }, target), placement: target.placement }
  }
  const policy = new Fallback({
    path: unboundedPath(baseline),
    via: () => viaOfSide(sides.baseline),
    except: new Set(),
    // Below 100 % the baseline has calls enough.
    exercise: () => (steps.percent >= 100 ? bounds.exercise : 0),
  })
  return { policy }
}

function openShadow(
  { percent, onMismatch, ...bounds }: ShadowSettings,
  contract: Contract,
  sides: Sides,
  state: Breaker | undefined,
  events: RolloutEvents,
): Shadow {
  const isEngine = (side: SideName): boolean => sides[side].engine.kind !== 'app'
  return new Shadow({
    ...bounds,
    share: () => percent / 100,
    runs: { baseline: sides.baseline.run, candidate: sides.candidate.run },
    bytesOf: (value, side) => {
      if (!isEngine(side)) return undefined
      try {
        const bytes = payloadBytes(value, contract.profile)
        // What is no JSON is rejected there, as it is.
        return 'ok' in bytes ? undefined : bytes
      } catch {
        return undefined
      }
    },
    isOpen: (side) => side === 'baseline' || state === undefined || state.waitMs(performance.now()) === 0,
    compare: (one: Compared, other: Compared, payload: unknown) => {
      const own = { baseline: isEngine('baseline'), candidate: isEngine('candidate') }
      const mismatch = differenceOf(contract, own, one, other)
      if (mismatch === undefined) return true
      events.emit({ type: 'mismatch', mismatch })
      const sample = (): MismatchSample => ({
        payload,
        baseline: one.side === 'baseline' ? one.outcome : other.outcome,
        candidate: one.side === 'candidate' ? one.outcome : other.outcome,
      })
      if (onMismatch !== undefined) guarded(() => onMismatch(mismatch, sample))
      return false
    },
  })
}

const statsOf = (
  { percent, held, reason }: RolloutControl,
  monitors: Readonly<Record<SideName, SideMonitor>>,
  keyFailures: number,
  shadow: Shadow | undefined,
): RolloutStats => ({
  percent,
  held,
  reason,
  baseline: monitors.baseline.stats,
  candidate: monitors.candidate.stats,
  ...(shadow !== undefined && { shadow: shadow.stats }),
  keyFailures,
})
