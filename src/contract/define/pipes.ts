// `.pipe()`, `.transform()`, z.preprocess() and codecs. Code stays in the app: the contract is of its input. A pipe of two
// schemas without code becomes one node where one node can say it: `z.string().trim().pipe(z.email())`.

import type { $ZodPipe, $ZodType, $ZodTypes } from 'zod/v4/core'
import type { NormOp } from '../../model/index.ts'
import type { SchemaDocument } from '../schema-document.ts'
import { keepInApp } from './app-only.ts'
import { checksOf, readChecks } from './checks.ts'
import { coerceKeyword } from './coerce.ts'
import type { LoweringContext } from './context.ts'
import { hasConversion } from './effects.ts'
import { foldPipe } from './fold-pipe.ts'
import { lowerLiteral } from './literals.ts'
import { NormChain } from './norm-chain.ts'
import { inOrder, normsOf } from './norm.ts'
import { lowerNumber } from './numbers.ts'
import { codeOf } from './pipe-code.ts'
import { lowerString } from './strings.ts'

const problems = {
  preprocess: 'z.preprocess() is code that a lock cannot hold; write the schema inside',
  transform: '.transform() is code that a lock cannot hold; drop it, and convert outcome.value()',
  codec:
    "z.codec() and z.stringbool() are code that a lock cannot hold; write the schema of the input, like z.enum(['true', 'false'])",
}

export function lowerPipe(
  context: LoweringContext,
  type: $ZodPipe,
  path: string,
  norm: readonly NormOp[],
): SchemaDocument {
  const { def } = type._zod
  const code = codeOf(type)
  if (code !== undefined) {
    const kept = keepInApp(context, path, 'transform', problems[code])
    // The input of z.preprocess() is whatever its function takes. What is wrong inside is told with the rest.
    if (code === 'preprocess') return kept ? {} : context.lower(def.out, path, norm)
    return context.lower(def.in, path, norm)
  }
  const stages = foldPipe(type)
  if (stages !== undefined) return lowerStages(context, stages, path, norm)
  // Behind a conversion, the second schema checks what the app made.
  if (hasConversion(def.in)) return context.lower(def.in, path, norm)
  const kept = keepInApp(
    context,
    path,
    'transform',
    '.pipe() gives the output of one schema to another; write one schema, with all checks in a chain',
  )
  if (!kept) context.lower(def.out, path)
  return context.lower(def.in, path, norm)
}

function lowerStages(
  context: LoweringContext,
  stages: readonly $ZodType[],
  path: string,
  outer: readonly NormOp[],
): SchemaDocument {
  const [first] = stages as readonly [$ZodTypes]
  const last = stages.at(-1) as $ZodTypes
  if (stages.length === 1) return context.lower(first, path, outer)
  const norm = inOrder([...outer, ...stages.flatMap(normsOf)])
  if (last._zod.def.type === 'number') return lowerNumber(context, stages, path)
  if (last._zod.def.type === 'string') return lowerString(context, stages, path, norm)
  const chain = new NormChain(stages)
  readChecks(
    context,
    stages.flatMap(checksOf),
    path,
    () => false,
    (check) => chain.overwrite(check),
  )
  if (last._zod.def.type === 'boolean') return { type: 'boolean', ...coerceKeyword(first) }
  return lowerLiteral(context, last._zod.values ?? [], path, inOrder([...norm, ...chain.ops]))
}
