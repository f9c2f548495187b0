// Runs the zod schema of a contract in the app, for `runInApp`.

import type { $ZodType } from 'zod/v4/core'
import { maxIssues, rejected, type AppResult, type AppSchema } from '../../model/index.ts'
import { pointerOf } from '../../json/index.ts'
import { messageOf, safeParse, safeParseAsync, type ZodResult } from './run-zod.ts'

/**
 * `hasCode`: the schema has callbacks. Any of them may return a promise, and zod's synchronous parse drops that promise
 * when it throws its own error. A dropped promise that rejects is an unhandled rejection, which ends a Node process. So such
 * a schema is always parsed asynchronously; without callbacks the synchronous parse is faster.
 */
export const appSchema = (schema: $ZodType, hasCode: boolean): AppSchema => ({
  schema,
  parse: (read) => (hasCode ? safeParseAsync(schema, read()).then(resultOf) : resultOf(safeParse(schema, read()))),
})

function resultOf(result: ZodResult): AppResult {
  if (result.success) return { ok: true, value: result.data }
  const { issues } = result
  return rejected(
    'app.failed',
    issues.slice(0, maxIssues).map((issue) => ({
      code: 'app.failed',
      pointer: pointerOf((issue.path ?? []).map((key) => (typeof key === 'symbol' ? String(key) : key))),
      check: issue.code,
      message: messageOf(issue),
    })),
    issues.length > maxIssues,
  )
}
