// Finds where a measured balance is 1: by bisection between two values, on a logarithmic scale.

export interface Step {
  readonly value: number
  readonly balance: number
}

export interface SearchPlan {
  /** Measures at about this value; returns the exact one. Undefined: nothing can be measured there. */
  readonly measure: (value: number) => Promise<Step | undefined>
  readonly maxSteps: number
  /** A balance this close to 1 ends the search. */
  readonly tolerance: number
}

/** `low` has a balance below 1, `high` above. Returns all steps; the last one is the closest. */
export async function bisect(low: Step, high: Step, { measure, maxSteps, tolerance }: SearchPlan): Promise<Step[]> {
  const steps: Step[] = []
  let [below, above] = [low, high]
  for (let step = 0; step < maxSteps; step++) {
    const at = between(below, above)
    const found = await measure(at)
    // Payloads have no size between two neighbours.
    if (found === undefined || found.value <= below.value || found.value >= above.value) break
    steps.push(found)
    if (Math.abs(found.balance - 1) <= tolerance) break
    if (found.balance < 1) below = found
    else above = found
  }
  return steps.toSorted((a, b) => Math.abs(b.balance - 1) - Math.abs(a.balance - 1))
}

/** Where the line between both is 1, on logarithmic scales, but not within a tenth of an end. */
export function between(low: Step, high: Step): number {
  const [from, to] = [Math.log(low.value), Math.log(high.value)]
  const share = -Math.log(low.balance) / (Math.log(high.balance) - Math.log(low.balance))
  const kept = Math.min(0.9, Math.max(0.1, Number.isFinite(share) ? share : 0.5))
  return Math.exp(from + kept * (to - from))
}

/** The two neighbours of rising values between which the balance crosses 1 upwards; undefined: it does not. */
export function crossing(points: readonly Step[]): readonly [Step, Step] | undefined {
  for (let i = 1; i < points.length; i++) {
    const [low, high] = [points[i - 1] as Step, points[i] as Step]
    if (low.balance < 1 && high.balance >= 1) return [low, high]
  }
  return undefined
}
