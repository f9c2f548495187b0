// defineContract(): turns a zod schema and options into a lock document, and parses it like any lock file.

import type { $ZodType } from 'zod/v4/core'
import { check, rule, SidelaneError, withAppSchema, type Contract, type Rule } from '../../model/index.ts'
import { trainContract } from '../../train/index.ts'
import { choice } from '../../util/option-parsers.ts'
import { lockRules, parseDraft, rootPath, type LockOptions } from '../index.ts'
import { appOnlyKinds, type AppOnlyKind } from './app-only-kinds.ts'
import { appSchema } from './app-schema.ts'
import { isIterable } from './option-rules.ts'
import { pathOfPointer } from './paths.ts'
import { walkSchema } from './walk.ts'
import { checkZodSchema, type InputOf, type OutputOf, type ZodSchema } from './zod-schema.ts'

/** What `defineContract` takes. */
export interface DefineOptions<S extends ZodSchema> extends LockOptions {
  /** What a payload must look like: zod 4.6, within profile p1. */
  readonly schema: S
  /** How bare `z.object()` is read. Default `strip`, as zod does: unknown members are dropped from the document. */
  readonly objects?: 'strip' | 'strict' | 'loose' | undefined
  /**
   * Code of the schema that stays in the app, by kind, or `'all'`: the contract is then of the code's input, and the
   * lock lists each place in its `appOnly`. Without it such a schema is refused.
   */
  readonly appOnly?: readonly AppOnlyKind[] | 'all' | undefined
  /**
   * Payloads (bytes, JSON texts or values) that train the lock's compression tables: with gzip, deflate or deflate-raw at
   * level 1. The same samples give the same lock.
   */
  readonly samples?: (Iterable<unknown> & object) | undefined
}

/**
 * Defines a contract by a schema of the app's zod (4.6 or later: `npm install zod`). Client and daemon compare its lock (`contract.lock`): write it to a file with
 * `sidelane contract export`.
 *
 * Throws SidelaneError: `contract.unsupported` for a schema that a contract cannot express (all places at once, with
 * what to write instead; `params.path` is the first zod path), `contract.invalid`, `options.invalid`.
 */
export function defineContract<S extends ZodSchema>(options: DefineOptions<S>): Contract<InputOf<S>, OutputOf<S>> {
  checkOptions(options)
  const { objects = 'strip', appOnly = [], samples, schema: given, ...lock } = options
  const schema = given as unknown as $ZodType
  const walked = walkSchema(schema, {
    objects,
    appOnly: new Set(appOnly === 'all' ? appOnlyKinds : appOnly),
    int64: lock.numbers === 'int64',
  })
  try {
    const untrained = parseDraft<InputOf<S>, OutputOf<S>>(lock, walked.schema, walked.appOnly)
    const contract = samples === undefined ? untrained : trainContract(untrained, samples).contract
    return withAppSchema(contract, appSchema(schema, walked.appOnly.length > 0))
  } catch (error) {
    throw withZodPath(error)
  }
}

const isAppOnlyKind = (kind: unknown): boolean => (appOnlyKinds as readonly unknown[]).includes(kind)

const appOnlyTexts = appOnlyKinds.map((kind) => `'${kind}'`).join(', ')
const defineRules: Readonly<Record<keyof DefineOptions<ZodSchema>, Rule>> = {
  ...lockRules,
  // Checked by checkZodSchema.
  schema: rule('', () => true),
  objects: choice('strip', 'strict', 'loose'),
  appOnly: rule(
    `'all' or a list of ${appOnlyTexts}`,
    (value) => value === 'all' || (Array.isArray(value) && value.every(isAppOnlyKind)),
  ),
  samples: rule('an array or another iterable of payloads', isIterable),
}

function checkOptions(options: DefineOptions<ZodSchema>): void {
  check('defineContract', options, defineRules)
  checkZodSchema(options.schema)
}

/** Adds the zod path to an error of parseLock, whose pointer is into the lock. */
function withZodPath(error: unknown): unknown {
  if (!(error instanceof SidelaneError) || error.pointer?.startsWith('/schema') !== true) return error
  const path = pathOfPointer(error.pointer)
  return new SidelaneError(error.code, {
    message: path === rootPath ? error.message : `${path}: ${error.message}`,
    pointer: error.pointer,
    params: { ...error.params, path },
    cause: error,
  })
}
