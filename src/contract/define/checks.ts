// Checks that a schema of any type may have: refinements, overwrites, and those that JSON Schema cannot express. The
// checks of strings, numbers and lists are read in the files of those families, through readChecks.

import { $ZodCheckMinLength, type $ZodCheck } from 'zod/v4/core'
import { overwriteProblem } from './overwrite.ts'
import type { CheckDef, LoweringContext } from './context.ts'

type Checks = readonly $ZodCheck[] | undefined

/** Bounds of a number of code points or items: the tightest of all checks. */
export interface LengthBounds {
  min?: number
  max?: number
}

/** For types whose only possible check is a refinement. */
export const lowerChecks = (context: LoweringContext, checks: Checks, path: string): void =>
  readChecks(context, checks, path, () => false)

/**
 * Reads a schema's checks. `take` returns true for those it understood; refinements and overwrites are read here; all
 * others are rejected. `text` is the schema's source without its overwrites, for the error message.
 */
export function readChecks(
  context: LoweringContext,
  checks: Checks,
  path: string,
  take: (def: CheckDef) => boolean,
  text?: string,
): void {
  const overwrites: CheckDef[] = []
  for (const check of checks ?? []) {
    const def = check._zod.def as unknown as CheckDef
    if (def.check === 'overwrite') overwrites.push(def)
    else if (def.check === 'custom') readRefinement(context, path)
    else if (!hasDefaultWhen(def))
      context.reject(path, `the check "${def.check}" runs only under its own \`when\`; drop \`when\``)
    else if (!take(def))
      context.reject(
        path,
        `the check "${def.check}" cannot be expressed in a contract; drop it, or check it in the app`,
      )
  }
  if (overwrites.length > 0) context.reject(path, overwriteProblem(overwrites, text))
}

/** Reads min_length, max_length and length_equals into `bounds`. */
export function takeLength(context: LoweringContext, path: string, def: CheckDef, bounds: LengthBounds): boolean {
  const min = def.check === 'min_length' ? def.minimum : def.check === 'length_equals' ? def.length : undefined
  const max = def.check === 'max_length' ? def.maximum : def.check === 'length_equals' ? def.length : undefined
  if (min === undefined && max === undefined) return false
  const [low, high] = [Math.ceil(min ?? 0), Math.floor(max ?? Infinity)]
  if (!(low <= Number.MAX_SAFE_INTEGER) || !(high >= 0)) {
    context.reject(path, `nothing can have a length of ${min ?? max}; correct the bound`)
    return true
  }
  if (low > (bounds.min ?? 0)) bounds.min = low
  if (high <= Number.MAX_SAFE_INTEGER && high < (bounds.max ?? Infinity)) bounds.max = high
  return true
}

function readRefinement(context: LoweringContext, path: string): void {
  if (context.options.refinementsInAppOnly) context.keepInApp(path)
  else {
    context.reject(
      path,
      '.refine() is code and cannot travel in a lock; drop it, or keep it as a check of the app alone with ' +
        "defineContract({ …, appOnly: ['refine'] })",
    )
  }
}

const defaultWhen = (new $ZodCheckMinLength({ check: 'min_length', minimum: 0 })._zod.def as CheckDef).when

/** zod itself adds a `when` to the length checks; any other one is the author's and would be lost. */
const hasDefaultWhen = ({ check, when }: CheckDef): boolean =>
  when === undefined || (/length/.test(check) && String(when) === String(defaultWhen))
