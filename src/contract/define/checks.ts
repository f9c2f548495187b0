// Checks that hang on a schema of any type: refinements, overwrites, and those that JSON Schema cannot carry. The checks
// of strings, numbers and lists that it can carry are read in those families' files, through readChecks.

import { $ZodCheckMinLength, type $ZodCheck } from 'zod/v4/core'
import { overwriteProblem } from './overwrite.ts'
import type { Walk } from './walk.ts'

/** The defs of zod's checks, seen loosely: zod types them one by one, but lists them as `$ZodCheck`. */
export interface CheckDef {
  readonly check: string
  readonly type?: string
  readonly format?: string
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly maximum?: number
  readonly length?: number
  readonly value?: unknown
  readonly inclusive?: boolean
  readonly prefix?: string
  readonly suffix?: string
  readonly includes?: string
  readonly position?: number
  readonly fn?: (value: string) => unknown
  readonly tx?: (value: unknown) => unknown
  readonly coerce?: boolean
  readonly when?: (payload: never) => boolean
}

type Checks = readonly $ZodCheck[] | undefined

/** How many code points or items: the tightest of all checks. */
export interface LengthBounds {
  min?: number
  max?: number
}

/** For types that take no check but a refinement. */
export const lowerChecks = (walk: Walk, checks: Checks, path: string): void =>
  readChecks(walk, checks, path, () => false)

/**
 * Goes through a schema's checks. `take` answers true for those it understood; refinements and overwrites are dealt
 * with here; what remains is refused. `text` shows the schema without its overwrites, for the advice.
 */
export function readChecks(
  walk: Walk,
  checks: Checks,
  path: string,
  take: (def: CheckDef) => boolean,
  text?: string,
): void {
  const overwrites: CheckDef[] = []
  for (const check of checks ?? []) {
    const def = check._zod.def as unknown as CheckDef
    if (def.check === 'overwrite') overwrites.push(def)
    else if (def.check === 'custom') readRefinement(walk, path)
    else if (!usualWhen(def))
      walk.refuse(path, `the check "${def.check}" runs only under its own \`when\`; drop \`when\``)
    else if (!take(def))
      walk.refuse(path, `the check "${def.check}" has no form in a contract; drop it, or check it in the app`)
  }
  if (overwrites.length > 0) walk.refuse(path, overwriteProblem(overwrites, text))
}

/** Reads min_length, max_length and length_equals into `bounds`. */
export function takeLength(walk: Walk, path: string, def: CheckDef, bounds: LengthBounds): boolean {
  const min = def.check === 'min_length' ? def.minimum : def.check === 'length_equals' ? def.length : undefined
  const max = def.check === 'max_length' ? def.maximum : def.check === 'length_equals' ? def.length : undefined
  if (min === undefined && max === undefined) return false
  const [low, high] = [Math.ceil(min ?? 0), Math.floor(max ?? Infinity)]
  if (!(low <= Number.MAX_SAFE_INTEGER) || !(high >= 0)) {
    walk.refuse(path, `nothing can have a length of ${min ?? max}; correct the bound`)
    return true
  }
  if (low > (bounds.min ?? 0)) bounds.min = low
  if (high <= Number.MAX_SAFE_INTEGER && high < (bounds.max ?? Infinity)) bounds.max = high
  return true
}

function readRefinement(walk: Walk, path: string): void {
  if (walk.options.refinementsInAppOnly) walk.keepInApp(path)
  else {
    walk.refuse(
      path,
      '.refine() is code and cannot travel in a lock; drop it, or keep it as a check of the app alone with ' +
        "defineContract({ …, appOnly: ['refine'] })",
    )
  }
}

const zodWhen = (new $ZodCheckMinLength({ check: 'min_length', minimum: 0 })._zod.def as CheckDef).when

/** zod itself gives the length checks a `when`; any other one comes from the author and would be lost. */
const usualWhen = ({ check, when }: CheckDef): boolean =>
  when === undefined || (/length/.test(check) && String(when) === String(zodWhen))
