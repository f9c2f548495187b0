// The app's own schema of a contract, with the checks and conversions that the lock does not contain.

import type { Contract } from './contract.ts'
import type { Rejected } from './outcome.ts'

/** What the schema makes of a document, or its issues as an outcome. */
export type AppResult = { readonly ok: true; readonly value: unknown } | Rejected

export interface AppSchema {
  /** The zod schema itself, for `sidelane decide`, which times the app's own way. */
  readonly schema: unknown
  /** `read` returns the document, a new one at each call. Throws or rejects with what a callback of the schema throws. */
  parse(read: () => unknown): AppResult | Promise<AppResult>
}

/**
 * The property of contracts with the schema. Only those of `defineContract` have one: a lock holds no code. A symbol that
 * all copies of this package share, because one may define the contract and another run it.
 */
const appSchemaKey = Symbol.for('sidelane.appSchema')

/** The contract with the schema that it was made of. */
export const withAppSchema = <C extends Contract>(contract: C, schema: AppSchema): C =>
  Object.freeze(Object.defineProperty({ ...contract }, appSchemaKey, { value: schema }))

export const appSchemaOf = (contract: Contract): AppSchema | undefined =>
  (contract as { readonly [appSchemaKey]?: AppSchema })[appSchemaKey]
