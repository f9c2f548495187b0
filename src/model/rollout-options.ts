// The options of `createRollout`.

import type { AppFunction } from './app-function.ts'
import type { Contract } from './contract.ts'
import { invalidOptions, SidelaneError, type ErrorCode } from './errors.ts'
import {
  booleanRule,
  check,
  copyOptions,
  functionRule,
  inRange,
  isObject,
  msRule,
  percentRule,
  rule,
  type Rule,
} from './option-rules.ts'
import {
  checkFallbackBounds,
  eventRules,
  policyRules,
  resolveBreaker,
  resolveFallback,
  type BreakerOptions,
  type BreakerSettings,
  type FallbackOptions,
  type FallbackSettings,
  type FallbackTarget,
} from './policy-options.ts'
import type { Payload } from './payload.ts'
import type { Processor } from './processor.ts'
import type { GuardName, Mismatch, MismatchSample, RolloutEvent } from './rollout-events.ts'
import type { SideName } from './via.ts'
import { choice, integer } from '../util/option-parsers.ts'

/** One side of a rollout: a processor, or a function of the app. */
export type Side<In = unknown, Out = In> = Processor<In, Out, boolean, boolean> | AppFunction<In>

/** The limit of a guard. */
export interface GuardLimit {
  /** It trips above this. */
  readonly max: number
  /** But not before this many calls, 1 to 1,000,000. */
  readonly minCalls?: number | undefined
}

/** Limits: a number is `max`, `false` turns the guard off. */
export type GuardOptions = { readonly [K in GuardName]?: number | GuardLimit | false | undefined } & {
  /** Only the calls of this many last ms count, 1,000 to 3,600,000. Default 30,000. */
  readonly windowMs?: number | undefined
}

interface GuardSetting {
  readonly max: number
  readonly minCalls: number
}

export type GuardSettings = { readonly [K in GuardName]?: GuardSetting | undefined }

/** Runs calls on the other side too, and compares. */
export interface ShadowOptions {
  /** Of the calls, 0 to 100. */
  readonly percent: number
  /** Most of them at the same time, 1 to 100,000. Default 16. */
  readonly maxInFlight?: number | undefined
  /** Most bytes of their payloads. Default 8,388,608 (8 MiB). */
  readonly maxBytes?: number | undefined
  /** Time limit of each, in ms, 1 to 60,000. Default 1,000. */
  readonly deadlineMs?: number | undefined
  /**
   * Called for each mismatch. `sample` gives the payload and both outcomes: store them only where payloads may be stored.
   */
  readonly onMismatch?: ((mismatch: Mismatch, sample: () => MismatchSample) => void) | undefined
}

export type ShadowSettings = { readonly [K in Exclude<keyof ShadowOptions, 'onMismatch'>]-?: number } & {
  readonly onMismatch: ShadowOptions['onMismatch']
}

/** When the candidate gets the next step by itself. */
export interface AdvanceOptions {
  /** Not before this many ms in a step, 1 to 86,400,000. */
  readonly every: number
  /** Nor before this many calls of the candidate in it, 0 or more. Default 100. */
  readonly minCalls?: number | undefined
}

/** The key of a call, of its payload as the call site gave it. It may take one of the types only, if the call site gives no other. */
export type RolloutKey<In = unknown> = KeyCode<In>['keyOf']

interface KeyCode<In> {
  // As those of `AppCode`.
  keyOf(payload: Payload<In>): string
}

/** Options of `createRollout`. */
export interface RolloutOptions<In = unknown, Out = In, C extends boolean = boolean> {
  /** The contract of both sides. */
  readonly contract: Contract<In, Out>
  /** The old path. */
  readonly baseline: Side<In, Out>
  /** The new path. */
  readonly candidate: Side<In, Out>
  /** Of the calls that the candidate gets, 0 to 100. What `file` says goes first. Default 0. */
  readonly percent?: number | undefined
  /** A call's key: calls with the same key take the same side. Default: length and sampled bytes of the payload. */
  readonly key?: RolloutKey<NoInfer<In>> | undefined
  /** Ascending percents, above 0 to 100. Default 1, 5, 25, 50, 100. */
  readonly steps?: readonly number[] | undefined
  /** Climbs these steps by itself while no guard trips. Default: it does not. */
  readonly advance?: AdvanceOptions | false | undefined
  /** Limits of the candidate; beyond them it goes back. `false`: none. */
  readonly guards?: GuardOptions | false | undefined
  /** Where a tripped guard goes: `zero`, or one `step` back. Default `zero`. */
  readonly stepBack?: 'zero' | 'step' | undefined
  /** Percent of the calls that also run on the other side, or more options. Default 0. */
  readonly shadow?: number | ShadowOptions | undefined
  /** Answers calls that the candidate cannot. Default `baseline`. */
  readonly fallback?:
    | 'baseline'
    | FallbackTarget<Payload<NoInfer<In>>>
    | RolloutFallbackOptions<NoInfer<In>>
    | false
    | undefined
  /** Stops calling a candidate that fails. Default true. */
  readonly breaker?: boolean | BreakerOptions | undefined
  /** Time limit of each call, in ms, 1 to 60,000. Default 1,000. */
  readonly deadlineMs?: number | undefined
  /** Adds the canonical bytes and the value to accepted outcomes. Default false. */
  readonly canonical?: C | undefined
  /** Holds the percent, for operators and restarts. Watched; written when the percent changes. Default: no file. */
  readonly file?: string | undefined
  /** Called for each event. */
  readonly onEvent?: ((event: RolloutEvent) => void) | undefined
  /** One JSON line for each event that an operator should see: to stderr, to a function, or not at all. Default true. */
  readonly log?: boolean | ((line: string) => void) | undefined
}

/** As FallbackOptions, and to the old path. A function gets the payload as the call site gave it. */
export interface RolloutFallbackOptions<In = unknown> extends Omit<FallbackOptions, 'to'> {
  /** What answers. */
  readonly to: 'baseline' | FallbackTarget<Payload<In>>
}

export interface RolloutSettings {
  readonly percent: number
  readonly steps: readonly number[]
  readonly advance: { readonly everyMs: number; readonly minCalls: number } | undefined
  readonly guards: GuardSettings
  readonly windowMs: number
  readonly stepBack: 'zero' | 'step'
  readonly shadow: ShadowSettings | undefined
  readonly fallback: (Omit<FallbackSettings, 'to'> & { readonly to: 'baseline' | FallbackTarget }) | undefined
  readonly breaker: BreakerSettings | undefined
  readonly deadlineMs: number
  readonly canonical: boolean
}

const maxMs = 3_600_000

const isProcessor = (value: unknown): boolean =>
  isObject(value) && 'process' in value && typeof value.process === 'function' && 'contract' in value

const sideRule = rule('a processor or a function', (value) => typeof value === 'function' || isProcessor(value))
const limitRule = rule(
  'a number from 0, an object or false',
  (value) => value === false || isObject(value) || isMax(value),
)
const isMax = (value: unknown): boolean => inRange(value, Number.MAX_VALUE, 0)

const isSteps = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (step: unknown, i) => inRange(step, 100, Number.MIN_VALUE) && (i === 0 || (step as number) > value[i - 1]),
  )

const rolloutRules: Readonly<Record<keyof RolloutOptions, Rule>> = {
  contract: rule('a contract', isObject),
  baseline: sideRule,
  candidate: sideRule,
  percent: percentRule,
  key: functionRule,
  steps: rule('ascending numbers above 0, up to 100', isSteps),
  advance: rule('false or an object', (value) => value === false || isObject(value)),
  guards: rule('false or an object', (value) => value === false || isObject(value)),
  stepBack: choice('zero', 'step'),
  shadow: rule(
    'a number from 0 to 100 or an object',
    (value) => isObject(value) || percentRule.value(value) !== undefined,
  ),
  fallback: rule(
    '"baseline", "inline", "skip", a function, an object or false',
    (value) => value === false || value === 'baseline' || policyRules.fallback.value(value) !== undefined,
  ),
  breaker: policyRules.breaker,
  deadlineMs: msRule(60_000),
  canonical: booleanRule,
  file: rule('a path', (value) => typeof value === 'string' && value !== '' && !value.includes('\0')),
  ...eventRules,
}

const advanceRules: Readonly<Record<keyof AdvanceOptions, Rule>> = { every: msRule(86_400_000), minCalls: integer(0) }

const guardRules: Readonly<Record<keyof GuardOptions, Rule>> = {
  errorRate: limitRule,
  deadlineRate: limitRule,
  p95AddedMs: limitRule,
  shadowMismatchRate: limitRule,
  windowMs: rule(`a number of milliseconds from 1000 to ${maxMs}`, (value) => inRange(value, maxMs, 1000)),
}

const limitRules: Readonly<Record<keyof GuardLimit, Rule>> = {
  max: rule('a number from 0', isMax),
  minCalls: integer(1, 1_000_000),
}

const shadowRules: Readonly<Record<keyof ShadowOptions, Rule>> = {
  percent: percentRule,
  maxInFlight: integer(1, 100_000),
  maxBytes: integer(1),
  deadlineMs: msRule(60_000),
  onMismatch: functionRule,
}

/** One bad call in a hundred is seen with a few hundred calls; a slower path, and a different document, need fewer. */
const usualGuards: Readonly<Record<GuardName, GuardSetting>> = {
  errorRate: { max: 0.01, minCalls: 50 },
  deadlineRate: { max: 0.01, minCalls: 50 },
  p95AddedMs: { max: 25, minCalls: 100 },
  shadowMismatchRate: { max: 0.001, minCalls: 50 },
}

/** Throws `options.invalid`, or `contract.mismatch` for a side of another contract. */
export function resolveRolloutOptions(options: RolloutOptions): RolloutSettings {
  check('createRollout', options, rolloutRules)
  for (const name of ['contract', 'baseline', 'candidate'] as const) {
    if (options[name] === undefined) throw invalidOptions(`Expected \`${name}\` to be ${rolloutRules[name].expected}`)
  }
  checkSide('baseline', options)
  checkSide('candidate', options)
  const { advance = false, guards = {}, shadow = 0, fallback = 'baseline', breaker = true } = options
  if (advance !== false) {
    check('advance', advance, advanceRules)
    if (advance.every === undefined) throw invalidOptions(`Expected \`every\` to be ${advanceRules.every.expected}`)
  }
  if (guards !== false) check('guards', guards, guardRules)
  return Object.freeze({
    percent: options.percent ?? 0,
    steps: [...(options.steps ?? [1, 5, 25, 50, 100])],
    advance: advance === false ? undefined : { everyMs: advance.every, minCalls: advance.minCalls ?? 100 },
    guards: guards === false ? {} : resolveGuards(guards),
    windowMs: (guards === false ? undefined : guards.windowMs) ?? 30_000,
    stepBack: options.stepBack ?? 'zero',
    shadow: resolveShadow(shadow),
    fallback: resolveRolloutFallback(fallback),
    breaker: resolveBreaker(breaker),
    deadlineMs: options.deadlineMs ?? 1000,
    canonical: options.canonical ?? false,
  })
}

function checkSide(side: SideName, options: RolloutOptions): void {
  const given = options[side]
  if (typeof given === 'function') return
  const { name, id } = options.contract
  const have = given.contract
  if (have.id === id) return
  throw new SidelaneError('contract.mismatch' satisfies ErrorCode, {
    message: `The ${side} processes the contract ${have.name} with id ${have.id.slice(0, 8)}…, and the rollout ${name} with id ${id.slice(0, 8)}….`,
    params: { side, have: have.id, want: id },
  })
}

function resolveGuards(options: GuardOptions): GuardSettings {
  const settings: { [K in GuardName]?: GuardSetting } = {}
  for (const name of Object.keys(usualGuards) as GuardName[]) {
    const given = options[name] ?? usualGuards[name]
    if (given === false) continue
    const limit = typeof given === 'number' ? { max: given } : given
    check(name, limit, limitRules)
    if (limit.max === undefined)
      throw invalidOptions(`Expected \`max\` of \`${name}\` to be ${limitRules.max.expected}`)
    settings[name] = { max: limit.max, minCalls: limit.minCalls ?? usualGuards[name].minCalls }
  }
  return settings
}

function resolveShadow(given: number | ShadowOptions): ShadowSettings | undefined {
  const options: ShadowOptions = typeof given === 'number' ? { percent: given } : given
  check('shadow', options, shadowRules)
  if (options.percent === undefined) throw invalidOptions(`Expected \`percent\` to be ${percentRule.expected}`)
  if (options.percent === 0) return undefined
  return Object.freeze({
    percent: options.percent,
    // A daemon's queue holds a few milliseconds of work.
    maxInFlight: options.maxInFlight ?? 16,
    maxBytes: options.maxBytes ?? 8 * 1_048_576,
    deadlineMs: options.deadlineMs ?? 1000,
    onMismatch: options.onMismatch,
  })
}

function resolveRolloutFallback(given: Exclude<RolloutOptions['fallback'], undefined>): RolloutSettings['fallback'] {
  if (given === false) return undefined
  const options: RolloutFallbackOptions = typeof given === 'object' ? copyOptions(given) : { to: given }
  if (options.to !== 'baseline') return resolveFallback({ ...options, to: options.to }, undefined)
  checkFallbackBounds(options.to, options)
  // The old path has bounds of its own. It is exercised as `inline` is.
  return Object.freeze({
    ...resolveFallback({ ...options, to: 'inline' }, undefined),
    to: 'baseline',
  }) as RolloutSettings['fallback']
}
