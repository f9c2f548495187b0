// Runs the zod schema of a contract in the app, for `runInApp`.

import { safeParse, safeParseAsync, type $ZodType } from 'zod/v4/core'
import { maxIssues, rejected, type AppResult, type AppSchema } from '../../model/index.ts'
import { pointerOf } from '../../json/index.ts'

type ZodResult = ReturnType<typeof safeParse>

/**
 * `hasCode`: the schema has callbacks. Any of them may return a promise, and zod's synchronous parse drops that promise
 * when it throws its own error. A dropped promise that rejects is an unhandled rejection, which ends a Node process. So such
 * a schema is always parsed asynchronously; without callbacks the synchronous parse is faster.
 */
export const appSchema = (schema: $ZodType, hasCode: boolean): AppSchema => ({
  parse: (read) => (hasCode ? safeParseAsync(schema, read()).then(resultOf) : resultOf(safeParse(schema, read()))),
})

function resultOf(result: ZodResult): AppResult {
  if (result.success) return { ok: true, value: result.data }
  const { issues } = result.error
  return rejected(
    'app.failed',
    issues.slice(0, maxIssues).map(({ path, code, message }) => ({
      code: 'app.failed',
      pointer: pointerOf(path.map((key) => (typeof key === 'symbol' ? String(key) : key))),
      check: code,
      message,
    })),
    issues.length > maxIssues,
  )
}
