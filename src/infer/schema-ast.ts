// A zod schema as data: what to call with what, and what a reader should look at. Written as text in write-zod.ts, and
// called for real in build-zod.ts, so that both say the same.

export type Literal = string | number | boolean

export interface Expression {
  /** `z.strictObject`, `z.iso.datetime`, `httpUrl`. */
  readonly callee: string
  readonly args: readonly Argument[]
  /** Methods after it, without arguments: `nullable`, `optional`. */
  readonly chain: readonly string[]
  /** For the reader: what was seen, what is a guess. */
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
