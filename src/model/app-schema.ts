// The app's own schema of a contract, with the checks and conversions that the lock does not contain.

import type { Contract } from './contract.ts'
import type { Rejected } from './outcome.ts'

/** What the schema makes of a document, or its issues as an outcome. */
export type AppResult = { readonly ok: true; readonly value: unknown } | Rejected

export interface AppSchema {
  /** `read` returns the document, a new one at each call. Throws or rejects with what a callback of the schema throws. */
  parse(read: () => unknown): AppResult | Promise<AppResult>
}

/** Only contracts of `defineContract` have one: a lock holds no code. */
const schemas = new WeakMap<Contract, AppSchema>()

/** Remembers the schema that a contract was made of; returns the contract. */
export function withAppSchema<C extends Contract>(contract: C, schema: AppSchema): C {
  schemas.set(contract, schema)
  return contract
}

export const appSchemaOf = (contract: Contract): AppSchema | undefined => schemas.get(contract)
