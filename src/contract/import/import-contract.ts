// importContract(): a JSON Schema and options become a lock document, which parseLock checks like any lock file.

import { check, functionRule, SidelaneError, stringRule, type Contract, type Rule } from '../../model/index.ts'
import { choice } from '../../util/option-parsers.ts'
import { lockRules, parseDraft, refusalText, type LockOptions } from '../index.ts'
import { convertDocument } from './convert.ts'
import type { Problem } from './importer.ts'

/** What `importContract` takes beside the schema. */
export interface ImportOptions extends LockOptions {
  /** Where the payload's schema is in the document: `#/components/schemas/Order`. Default: the document itself. */
  readonly root?: string | undefined
  /**
   * How an object without `additionalProperties` is read: undeclared members are kept (`loose`, as JSON Schema has it),
   * refused (`strict`) or dropped from the document (`strip`, as Pydantic and zod do). Default `loose`.
   */
  readonly objects?: 'strip' | 'strict' | 'loose' | undefined
  /** `insert`: a missing member or item gets the `default` of its schema. Default `ignore`: it is an annotation. */
  readonly defaults?: 'insert' | 'ignore' | undefined
  /** The path or URI of the document: the base of references to other files. */
  readonly uri?: string | undefined
  /**
   * Returns the parsed document at a URI that a `$ref` names, resolved against the URI of its own document; undefined
   * where there is none. Synchronous. Default: references to other documents are refused.
   */
  readonly resolve?: ((uri: string) => unknown) | undefined
}

const rules: Readonly<Record<keyof ImportOptions, Rule>> = {
  ...lockRules,
  root: stringRule,
  objects: choice('strip', 'strict', 'loose'),
  defaults: choice('insert', 'ignore'),
  uri: stringRule,
  resolve: functionRule,
}

/**
 * A contract from a JSON Schema (2020-12, draft-07) or a component of an OpenAPI 3.1 document: what TypeBox, Pydantic
 * (`model_json_schema`), Go's `invopop/jsonschema` and zod's own `toJSONSchema` write. A payload gets the verdict that
 * the schema gives it; `format` is an annotation, and so is `default` without `defaults: 'insert'`.
 *
 * Throws SidelaneError: `contract.unsupported` where the schema has a rule that a lock cannot have (all places at once;
 * `params.refusals`), `contract.invalid`, `options.invalid`.
 */
export function importContract<In = unknown, Out = In>(schema: unknown, options: ImportOptions): Contract<In, Out> {
  check('importContract', options, rules)
  const { root, objects = 'loose', defaults = 'ignore', uri, resolve, ...lock } = options
  const problems: Problem[] = []
  const converted = convertDocument(schema, {
    root,
    objects,
    insertsDefaults: defaults === 'insert',
    uri,
    resolve,
    problems,
  })
  if (problems.length > 0) throw unsupported(problems)
  return parseDraft<In, Out>(lock, converted)
}

function unsupported(problems: readonly Problem[]): SidelaneError {
  return new SidelaneError('contract.unsupported', {
    message: refusalText(
      problems.map(({ pointer, problem }) => ({ place: pointer, problem })),
      ([first = '', ...more]) =>
        more.length === 0 ? first : `${first} (and ${more.length} more ${more.length === 1 ? 'place' : 'places'})`,
    ),
    pointer: (problems[0] as Problem).pointer,
    params: { refusals: problems },
  })
}
