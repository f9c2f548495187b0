// Normalized strings in contract sources, with zod's own methods, for the peers. Our contenders use `norm` (ours.ts).
// This file must not load the package, because the peers' worker imports it.

import * as z from 'zod'

export type Op = 'trim' | 'lower' | 'nfc' | 'collapse'

/** The two differences between our schema and the peers'. Both must produce the same document. */
export interface Texts {
  /** A string normalized by `ops`, then checked against `limits`. */
  readonly text: (ops: readonly Op[], limits: (base: z.ZodString) => z.ZodString) => z.ZodType<string>
  /** Like `text`, for an e-mail address. */
  readonly email: (ops: readonly Op[]) => z.ZodType<string>
}

/** A contract as zod source: base of our schema and the peers' schema. */
export interface ContractSource {
  readonly name: string
  readonly schema: (texts: Texts) => z.ZodType
  /**
   * Hand-written normalization for a validator that cannot normalize (ajv). Works in place, ignores unexpected values.
   */
  readonly normalize: (value: unknown) => void
}

/** With zod's own methods, in the fixed order of `norm`: lower, nfc, collapse, trim. */
export const zodTexts: Texts = {
  text: (ops, limits) => limits(applied(ops)),
  email: (ops) => applied(ops).check(z.email()),
}

function applied(ops: readonly Op[]): z.ZodString {
  let base = z.string()
  if (ops.includes('lower')) base = base.toLowerCase()
  if (ops.includes('nfc')) base = base.normalize('NFC')
  if (ops.includes('collapse')) base = base.overwrite(collapse)
  if (ops.includes('trim')) base = base.trim()
  return base
}

const run = /\s+/g

/** Replaces each run of white space by one space. */
export const collapse = (text: string): string => text.replace(run, ' ')

/** Hand-written normalization of a person's name: nfc, collapse, trim. */
export const tidyName = (text: string): string => collapse(text.normalize('NFC')).trim()

/** The object at `key`, if there is one. */
export function child(value: unknown, key: string): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const inner: unknown = (value as Record<string, unknown>)[key]
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : undefined
}

/** Rewrites the string at `key`, if there is one. */
export function rewrite(value: Record<string, unknown> | undefined, key: string, by: (text: string) => string): void {
  const text = value?.[key]
  if (value !== undefined && typeof text === 'string') value[key] = by(text)
}
