// The conditions of the rule as one number: 1 at the break-even, above 1 where the other way is right.

import type { Limits } from './placement-rule.ts'

/** Of a way that must save CPU: today's cost, divided by the most that today's may be to keep it. */
export const balanceOfCost = (todayUs: number, wayUs: number, { minGain, minSavingUs }: Limits): number =>
  todayUs / Math.max((1 + minGain) * wayUs, wayUs + minSavingUs)

/** Of a size from which one call holds up the event loop for too long. */
export const balanceOfBlock = (mainUs: number, { maxBlockUs }: Limits): number => mainUs / maxBlockUs

/** Of a rate: the cores that a way saves. */
export const balanceOfCores = (savedCores: number, { minCores }: Limits): number => savedCores / minCores

/** Of a rate from which the main thread is too busy. */
export const balanceOfShare = (share: number, { maxMainShare }: Limits): number => share / maxMainShare

/** A run at a break-even confirms it within 15 %. */
export const isConfirmed = (balance: number): boolean => Math.abs(balance - 1) <= 0.15
