// The types that the walk over a zod schema shares with the file of each family of types.

import type { $ZodType } from 'zod/v4/core'
import type { NormOp } from '../../model/index.ts'
import type { SchemaDocument } from '../schema-document.ts'
import type { AppOnlyKind } from './app-only-kinds.ts'

/** How the walk reads what zod leaves open. */
export interface LoweringOptions {
  /** How a bare `z.object` is read. */
  readonly objects: 'strip' | 'strict' | 'loose'
  /** What is left out of the lock and listed, instead of rejected. */
  readonly appOnly: ReadonlySet<AppOnlyKind>
  /** Integers of 64 bits keep their digits: `numbers: "int64"`. */
  readonly int64?: boolean
}

/** One place of a schema that cannot become part of a contract. */
export interface UnsupportedPlace {
  /** Where in the zod schema: `customer.email` (paths.ts). */
  readonly path: string
  /** What is wrong, and what to write instead. */
  readonly problem: string
}

/** What the file of a family needs of the walk. */
export interface LoweringContext {
  readonly options: LoweringOptions
  /** The document of a schema; `norm`: the operations that wrappers around it carry. */
  lower(schema: $ZodType, path: string, norm?: readonly NormOp[]): SchemaDocument
  /** Records a problem and returns a placeholder, so that the walk finds the other problems too. */
  reject(path: string, problem: string): SchemaDocument
  /** How many problems are recorded so far. */
  readonly problemCount: number
  /** Records code that stays in the app. */
  keepInApp(path: string, kind: AppOnlyKind): void
}

/** A zod check's def, loosely typed: zod types them one by one, but lists them as `$ZodCheck`. */
export interface CheckDef {
  readonly check: string
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
  readonly hostname?: RegExp
  readonly protocol?: RegExp
  readonly normalize?: boolean
  readonly fn?: (value: string) => unknown
  readonly tx?: (value: never) => unknown
  readonly when?: (payload: never) => boolean
}
