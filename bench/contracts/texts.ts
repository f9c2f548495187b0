// How a contract source says "this string is normalized": once with zod's own means, for the peers. What the product
// does instead (`norm`) is in ours.ts; this file must not load the product, because the peers' worker imports it.

import * as z from 'zod'

export type Op = 'trim' | 'lower' | 'nfc' | 'collapse'

/** The two places where our schema and the peers' differ: both must give the same document. */
export interface Texts {
  /** A string that is normalized by `ops`, then held to `limits`. */
  readonly text: (ops: readonly Op[], limits: (base: z.ZodString) => z.ZodString) => z.ZodType<string>
  /** The same, for an e-mail address. */
  readonly email: (ops: readonly Op[]) => z.ZodType<string>
}

/** A contract as zod source, from which ours and the peers' schema are built. */
export interface ContractSource {
  readonly name: string
  readonly schema: (texts: Texts) => z.ZodType
  /** The normalization by hand, for a peer whose validator cannot normalize (ajv). Works in place, tolerates anything. */
  readonly normalize: (value: unknown) => void
}

/** With zod's own methods, in the product's fixed order: lower, nfc, collapse, trim. */
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

/** Each run of white space becomes one space. */
export const collapse = (text: string): string => text.replace(run, ' ')

/** A person's name by hand: nfc, collapse, trim. */
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
