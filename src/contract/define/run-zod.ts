// Runs zod schemas and reads their metadata. zod is not imported, so that a process without zod can load this package: a schema
// brings its own code, and zod keeps its configuration and its registry on `globalThis`, for all copies of zod.

import type { $ZodConfig, $ZodRawIssue, $ZodRegistry, $ZodType } from 'zod/v4/core'

/** As the result of zod's own `safeParse`, with the issues as they were raised. */
export type ZodResult =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly issues: readonly $ZodRawIssue[] }

interface ZodGlobals {
  readonly __zod_globalConfig?: $ZodConfig
  readonly __zod_globalRegistry?: $ZodRegistry<Readonly<Record<string, unknown>>>
}

const zodGlobals = globalThis as ZodGlobals

/** Throws what the schema throws, and where a callback returns a promise. */
export function safeParse(schema: $ZodType, value: unknown): ZodResult {
  const result = schema._zod.run({ value, issues: [] }, { async: false })
  if (result instanceof Promise) throw new Error('A callback of the schema returned a promise.')
  return resultOf(result)
}

export const safeParseAsync = async (schema: $ZodType, value: unknown): Promise<ZodResult> =>
  resultOf(await schema._zod.run({ value, issues: [] }, { async: true }))

const resultOf = ({ value, issues }: Awaited<ReturnType<$ZodType['_zod']['run']>>): ZodResult =>
  issues.length === 0 ? { success: true, data: value } : { success: false, issues }

type Raw = { -readonly [K in 'inst' | 'schema']?: $ZodRawIssue[K] }

/** The message that zod itself gives the issue: of the check, the schema, the app's error map, or the locale. */
export function messageOf(issue: $ZodRawIssue): string {
  if (issue.message !== undefined && issue.message !== '') return issue.message
  setOwner(issue)
  const { inst, schema } = issue
  const { customError, localeError } = zodGlobals.__zod_globalConfig ?? {}
  const maps = [inst?._zod.def.error, schema === inst ? undefined : schema?._zod.def.error, customError, localeError]
  for (const map of maps) {
    const found = map?.(issue as never)
    const message = typeof found === 'string' ? found : found?.message
    if (message !== undefined) return message
  }
  return 'Invalid input'
}

/** Error maps may read the schema that owns the issue. zod sets it at the end of a parse, where a schema raised the issue. */
function setOwner(issue: Raw): void {
  const traits = (issue.inst as $ZodType | undefined)?._zod.traits
  if (traits?.has('$ZodType') !== true) return
  if (issue.schema === undefined || !traits.has('$ZodCheck')) issue.schema = issue.inst as $ZodType
}

/** What `.meta()` and `.describe()` have set, and the schemas that this one was made of. */
export const metadataOf = (schema: $ZodType): Readonly<Record<string, unknown>> =>
  zodGlobals.__zod_globalRegistry?.get(schema) ?? {}
