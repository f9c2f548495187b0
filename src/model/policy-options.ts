// The options of the breaker and the fallback: on a host, and on the candidate of a rollout.

import type { AppCode } from './app-function.ts'
import type { BreakerState } from './breaker-state.ts'
import { invalidOptions, type SidelaneError } from './errors.ts'
import {
  booleanRule,
  check,
  functionRule,
  inRange,
  isObject,
  msRule,
  percentRule,
  rule,
  type Rule,
} from './option-rules.ts'
import type { PlacementName } from './engine-report.ts'
import type { PayloadContent } from './payload-content.ts'
import type { FallbackCause } from './via.ts'
import { integer } from '../util/option-parsers.ts'

/**
 * `inline`: the caller's thread. `skip`: the outcome is accepted with the payload as its body, unprocessed. A function: what
 * it returns; nothing means that it has taken the payload, and the outcome is that of `skip`. `P`: what it gets, a value as its
 * JSON bytes.
 */
export type FallbackTarget<P = PayloadContent> = 'inline' | 'skip' | AppCode<P>['process']

/** When and how a fallback answers. */
export interface FallbackOptions {
  /** What answers. */
  readonly to: FallbackTarget
  /**
   * Percent of all calls that take it although nothing failed, so that it is known to work; 0 to 100. Default 1 with
   * `inline`, else 0: `skip` and a function would lose or double healthy payloads.
   */
  readonly exercise?: number | undefined
  /**
   * Calls that may always wait for `inline`, 0 to 1,000,000. With a function: calls in flight. Default 8, with a function 256.
   * Other targets have no such bound.
   */
  readonly maxQueue?: number | undefined
  /** With `inline` alone: more may wait while they would run within this many ms, 1 to 60,000. Default 50. */
  readonly maxQueueMs?: number | undefined
}

export interface FallbackSettings {
  readonly to: FallbackTarget
  /** 0 to 1. */
  readonly exercise: number
  readonly maxQueue: number
  readonly maxQueueMs: number
}

/** How often each cause made the fallback answer. */
export interface FallbackStats {
  /** Calls that it answered, by cause. */
  readonly answered: Readonly<Partial<Record<FallbackCause, number>>>
  /** Calls that it could not answer. */
  readonly failed: number
}

/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** It opens when this share of the calls failed, above 0 to 1. Default 0.5. */
  readonly failureRatio?: number | undefined
  /** But not below this many calls in the window, 1 to 1,000,000. Default 20. */
  readonly minCalls?: number | undefined
  /** The window, in ms, 100 to 3,600,000. Default 10,000. */
  readonly windowMs?: number | undefined
  /** It also opens after this many failed connects in a row, 1 to 1,000,000. Default 5. */
  readonly connectFailures?: number | undefined
  /** Time until one call may try again, in ms, 1 to 3,600,000; twice as long after each failed try. Default 500. */
  readonly openMs?: number | undefined
  /** Longest such time, in ms, 1 to 3,600,000. Default 30,000. */
  readonly maxOpenMs?: number | undefined
}

/** A breaker of a processor or a host changed its state. Also published on the diagnostics channel `sidelane:events`. */
export interface BreakerEvent {
  /** Always `breaker`. */
  readonly type: 'breaker'
  /** The contract's name; absent: all contracts of a host share the breaker. */
  readonly contract?: string
  /** Where the calls are processed. */
  readonly placement: PlacementName
  /** From now on. */
  readonly state: BreakerState
  /** Why. */
  readonly reason: string
}

export type BreakerSettings = { readonly [K in keyof BreakerOptions]-?: NonNullable<BreakerOptions[K]> }

const longestMs = 3_600_000

const isTarget = (value: unknown): boolean => value === 'inline' || value === 'skip' || typeof value === 'function'

export const policyRules: Readonly<Record<'fallback' | 'breaker', Rule>> = {
  fallback: rule('"inline", "skip", a function or an object', (value) => isTarget(value) || isObject(value)),
  breaker: rule('true, false or an object', (value) => booleanRule.value(value) !== undefined || isObject(value)),
}

export const eventRules: Readonly<Record<'onEvent' | 'log', Rule>> = {
  onEvent: functionRule,
  log: rule('true, false or a function', (value) => typeof value === 'boolean' || typeof value === 'function'),
}

const fallbackRules: Readonly<Record<keyof FallbackOptions, Rule>> = {
  to: rule('"inline", "skip" or a function', isTarget),
  exercise: percentRule,
  maxQueue: integer(0, 1_000_000),
  maxQueueMs: msRule(60_000),
}

const breakerRules: Readonly<Record<keyof BreakerOptions, Rule>> = {
  failureRatio: rule('a number above 0, up to 1', (value) => inRange(value, 1, Number.MIN_VALUE)),
  minCalls: integer(1, 1_000_000),
  windowMs: rule(`a number of milliseconds from 100 to ${longestMs}`, (value) => inRange(value, longestMs, 100)),
  connectFailures: integer(1, 1_000_000),
  openMs: msRule(longestMs),
  maxOpenMs: msRule(longestMs),
}

/** Throws `options.invalid`. */
export function resolveFallback(
  given: FallbackTarget | FallbackOptions | undefined,
  placement: PlacementName | undefined,
): FallbackSettings | undefined {
  if (given === undefined) return undefined
  const options: FallbackOptions = typeof given === 'object' ? given : { to: given }
  check('fallback', options, fallbackRules)
  const { to } = options
  if (to === undefined) throw invalidOptions('Expected `to` to be "inline", "skip" or a function, got `undefined`')
  checkFallbackBounds(to, options)
  if (to === 'inline' && placement === 'inline') {
    throw invalidOptions('Expected `fallback` to be "skip" or a function with placement "inline": it is inline already')
  }
  return Object.freeze({
    to,
    exercise: (options.exercise ?? (to === 'inline' ? 1 : 0)) / 100,
    maxQueue: options.maxQueue ?? (to === 'inline' ? 8 : 256),
    maxQueueMs: options.maxQueueMs ?? 50,
  })
}

/** Throws `options.invalid` for a bound that the target does not have. */
export function checkFallbackBounds(
  to: 'baseline' | FallbackTarget,
  { maxQueue, maxQueueMs }: Pick<FallbackOptions, 'maxQueue' | 'maxQueueMs'>,
): void {
  const target = typeof to === 'function' ? 'a function' : `"${to}"`
  const refusal = (name: string, reason: string): SidelaneError =>
    invalidOptions(`Expected \`${name}\` to be absent with a fallback to ${target}: ${reason}`)
  if (maxQueue !== undefined && to === 'baseline') throw refusal('maxQueue', 'the baseline has bounds of its own')
  if (maxQueue !== undefined && to === 'skip') throw refusal('maxQueue', 'no call waits for it')
  if (maxQueueMs !== undefined && to !== 'inline') throw refusal('maxQueueMs', 'it bounds the wait for "inline"')
}

/** Throws `options.invalid`. */
export function resolveBreaker(given: boolean | BreakerOptions | undefined): BreakerSettings | undefined {
  if (given === undefined || given === false) return undefined
  const options: BreakerOptions = given === true ? {} : given
  check('breaker', options, breakerRules)
  const openMs = options.openMs ?? 500
  return Object.freeze({
    failureRatio: options.failureRatio ?? 0.5,
    // A few failures at night are no outage.
    minCalls: options.minCalls ?? 20,
    windowMs: options.windowMs ?? 10_000,
    connectFailures: options.connectFailures ?? 5,
    openMs,
    maxOpenMs: Math.max(openMs, options.maxOpenMs ?? 30_000),
  })
}
