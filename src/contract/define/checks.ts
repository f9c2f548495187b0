// Checks that a schema of any type may have: refinements, overwrites, and those that JSON Schema cannot express. The
// checks of strings, numbers and lists are read in the files of those families, through readChecks.

import type { $ZodCheck, $ZodType } from 'zod/v4/core'
import { keepInApp } from './app-only.ts'
import type { CheckDef, LoweringContext } from './context.ts'
import { readOverwrite } from './overwrite.ts'

type Checks = readonly $ZodCheck[] | undefined

/** Bounds of a number of code points or items: the tightest of all checks. */
export interface LengthBounds {
  min?: number
  max?: number
}

/** The schema's own check, if it is one (z.email(), z.int()), and those that it has. */
export const checksOf = (schema: $ZodType): readonly $ZodCheck[] => [
  ...(schema._zod.traits.has('$ZodCheck') ? [schema as unknown as $ZodCheck] : []),
  ...(schema._zod.def.checks ?? []),
]

/** For types whose only possible check is a refinement. */
export const lowerChecks = (context: LoweringContext, checks: Checks, path: string): void =>
  readChecks(context, checks, path, () => false)

/**
 * Reads a schema's checks in their order. `readCheck` returns true for those it understood; refinements and overwrites are
 * read here; all others are rejected. `overwriteProblem` returns why a contract cannot have an overwrite, undefined for one
 * that it took. Behind an overwrite that stays in the app, all checks stay there.
 */
export function readChecks(
  context: LoweringContext,
  checks: Checks,
  path: string,
  readCheck: (def: CheckDef) => boolean,
  overwriteProblem: (def: CheckDef) => string | undefined = unknownOverwrite,
): void {
  let inApp = false
  for (const check of checks ?? []) {
    const def = check._zod.def as unknown as CheckDef
    if (def.check === 'custom') readRefinement(context, path)
    else if (inApp) continue
    else if (def.check === 'overwrite') {
      const problem = overwriteProblem(def)
      inApp = problem !== undefined && keepInApp(context, path, 'transform', problem)
    } else if (!hasDefaultWhen(check))
      context.reject(path, `the check "${def.check}" runs only under its own \`when\`; drop \`when\``)
    else if (!readCheck(def))
      context.reject(
        path,
        `the check "${def.check}" cannot be expressed in a contract; drop it, or check it in the app`,
      )
  }
}

/** Reads min_length, max_length and length_equals into `bounds`. */
export function readLengthCheck(context: LoweringContext, path: string, def: CheckDef, bounds: LengthBounds): boolean {
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

const readRefinement = (context: LoweringContext, path: string): void =>
  void keepInApp(context, path, 'refine', '.refine() is code that a lock cannot hold; drop it')

function unknownOverwrite(def: CheckDef): string {
  const { call, problem } = readOverwrite(def)
  return `${call} ${problem ?? 'applies to strings'}`
}

/** zod itself adds a `when` to the length checks; any other one is the author's and would be lost. */
function hasDefaultWhen(check: $ZodCheck): boolean {
  const { when, ...def } = check._zod.def as unknown as CheckDef
  if (when === undefined) return true
  if (!/length/.test(def.check)) return false
  // The same check, made without a `when`, gets zod's own.
  const { constr } = check._zod as unknown as { constr: new (def: object) => $ZodCheck }
  return String(new constr(def)._zod.def.when) === String(when)
}
