// A zod schema as data: an expression of calls, with notes for the reader. write-zod.ts writes it as source, build-zod.ts
// makes the calls.

export type Literal = string | number | boolean

export interface Expression {
  /** `z.strictObject`, `z.iso.datetime`, `httpUrl`. */
  readonly callee: string
  readonly args: readonly Argument[]
  /** Methods after it, without arguments: `nullable`, `optional`. */
  readonly chain: readonly string[]
  /** For the reader: observations and guesses. */
  readonly notes: readonly string[]
}

export type Argument =
  | { readonly kind: 'schema'; readonly schema: Expression }
  | { readonly kind: 'schemas'; readonly schemas: readonly Expression[] }
  | { readonly kind: 'members'; readonly members: readonly (readonly [key: string, schema: Expression])[] }
  | { readonly kind: 'literal'; readonly value: Literal }
  | { readonly kind: 'literals'; readonly values: readonly Literal[] }
  | { readonly kind: 'options'; readonly options: Readonly<Record<string, boolean>> }
  | { readonly kind: 'pattern'; readonly source: string }

export const call = (callee: string, args: readonly Argument[] = [], notes: readonly string[] = []): Expression => ({
  callee,
  args,
  chain: [],
  notes,
})

export const chained = (schema: Expression, method: string): Expression => ({
  ...schema,
  chain: [...schema.chain, method],
})

export const noted = (schema: Expression, ...notes: readonly string[]): Expression => ({
  ...schema,
  notes: [...notes, ...schema.notes],
})

export const schemaArgument = (schema: Expression): Argument => ({ kind: 'schema', schema })
