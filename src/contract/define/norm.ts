// norm(): marks a string schema as normalized. The mark is a property of the zod *definition*, which every cloning zod
// method (`.min()`, `.describe()`, `.extract()`, …) copies, so a chain keeps it. The engines apply the operations;
// zod's own parse of a marked schema changes nothing.

import type { $ZodType } from 'zod/v4/core'
import { invalidOptions, type NormOp, normOps, SidelaneError } from '../../model/index.ts'
import { checkZodSchema, type ZodSchema } from './zod-schema.ts'

/** A registered symbol, so that two copies of this package share it. */
const mark: unique symbol = Symbol.for('sidelane.norm')

interface Marked {
  readonly [mark]?: readonly NormOp[]
}

const stringLike = new Set(['string', 'enum', 'literal', 'template_literal'])
const wrappers = new Set(['optional', 'nullable', 'nonoptional', 'readonly', 'lazy'])

/**
 * The same zod schema, its string normalized *before* it is validated. The order of `ops` is ignored: they are
 * always applied as lower or upper, nfc, collapse, trim (Unicode 15.0). A second call adds to the first; later `.min()`,
 * `.optional()`, … keep them.
 *
 * Throws `options.invalid` for an unknown operation and for all but a schema of zod 4, `contract.unsupported` for a schema that is not a string.
 */
export function norm<S extends ZodSchema<string | null | undefined>>(schema: S, ops: readonly NormOp[]): S {
  const known = normOps.map((name) => `'${name}'`).join(', ')
  if (!Array.isArray(ops)) throw invalidOptions(`Expected \`ops\` to be a list of ${known}, got ${typeof ops}`)
  for (const op of ops) {
    if (normOps.includes(op)) continue
    throw invalidOptions(
      `Expected \`ops\` to hold ${known}, got ${typeof op === 'string' ? JSON.stringify(op) : typeof op}`,
    )
  }
  checkZodSchema(schema)
  const all = [...normsOf(schema), ...ops]
  if (all.includes('lower') && all.includes('upper'))
    throw invalidOptions("Expected `ops` to hold one of 'lower' and 'upper', got both")
  const zodSchema = schema as unknown as $ZodType
  const { def, constr } = zodSchema._zod
  if (!stringLike.has(def.type) && !wrappers.has(def.type)) {
    throw new SidelaneError('contract.unsupported', {
      message: `norm() takes a schema of strings, not of type "${def.type}": put it on the strings inside.`,
    })
  }
  const marked = Object.defineProperty(Object.defineProperties({}, Object.getOwnPropertyDescriptors(def)), mark, {
    value: inOrder(all),
    enumerable: true,
    configurable: true,
  })
  const clone = new constr(marked)
  // zod's registries look up inherited metadata (title, description) in the parent.
  clone._zod.parent = zodSchema
  return clone as unknown as S
}

/** The operations that `norm` added to this schema itself, in the fixed order. */
export const normsOf = (schema: ZodSchema): readonly NormOp[] => (schema._zod.def as Marked)[mark] ?? []

/** In the fixed order, without duplicates. */
export const inOrder = (ops: readonly NormOp[]): NormOp[] => normOps.filter((op) => ops.includes(op))
