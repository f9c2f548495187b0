// What a part of a schema does beside checking: code that stays in the app, and changes of the document.

import type { $ZodType, $ZodTypes } from 'zod/v4/core'
import { checksOf } from './checks.ts'
import { isCoerced } from './coerce.ts'
import type { CheckDef, LoweringOptions } from './context.ts'
import { foldPipe } from './fold-pipe.ts'
import { NormChain } from './norm-chain.ts'
import { normsOf } from './norm.ts'
import { readOverwrite } from './overwrite.ts'
import { codeOf } from './pipe-code.ts'
import { someSchema } from './traverse.ts'

/** True when a value is converted by code, anywhere inside. */
export const hasConversion = (schema: $ZodType): boolean => someSchema(schema, converts)

/** True when code of any kind decides, anywhere inside, whether a value is accepted. */
export const hasCode = (schema: $ZodType): boolean =>
  someSchema(schema, (type) => converts(type) || checksOf(type).some(({ _zod }) => _zod.def.check === 'custom'))

/** True when the contract would change an accepted value, anywhere inside. */
export const changesDocument = (schema: $ZodType, { objects }: Pick<LoweringOptions, 'objects'>): boolean =>
  someSchema(schema, (next) => {
    const type = next as $ZodTypes
    const { def } = type._zod
    if (def.type === 'default' || def.type === 'prefault' || isCoerced(type) || normsOf(type).length > 0) return true
    if (def.type === 'object') return def.catchall === undefined && objects === 'strip'
    return checksOf(type).some((check) => {
      const known = check._zod.def as unknown as CheckDef
      return known.format === 'url' || (known.check === 'overwrite' && readOverwrite(known).op !== undefined)
    })
  })

function converts(schema: $ZodType): boolean {
  const { def } = (schema as $ZodTypes)._zod
  if (def.type === 'custom' || def.type === 'transform') return true
  if (def.type !== 'pipe') return keepsOverwrite([schema])
  if (codeOf(schema) !== undefined) return true
  const stages = foldPipe(schema)
  return stages === undefined || keepsOverwrite(stages)
}

/** True when an overwrite of these strings is none of a contract, by its function or its place. */
function keepsOverwrite(stages: readonly $ZodType[]): boolean {
  const isText = stages.every(({ _zod }) => ['string', 'enum', 'literal'].includes(_zod.def.type))
  const chain = new NormChain(stages)
  return stages.flatMap(checksOf).some((check) => {
    const def = check._zod.def as unknown as CheckDef
    if (def.check === 'overwrite') return !isText || chain.overwrite(def) !== undefined
    if (def.check !== 'custom') chain.sawCheck(def)
    return false
  })
}
