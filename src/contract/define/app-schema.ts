// Runs the zod schema of a contract in the app, for `runInApp`.

import { $ZodAsyncError, safeParse, safeParseAsync, type $ZodType } from 'zod/v4/core'
import { maxIssues, rejected, type AppResult, type AppSchema } from '../../model/index.ts'
import { pointerOf } from '../../json/index.ts'

type ZodResult = ReturnType<typeof safeParse>

export function appSchema(schema: $ZodType): AppSchema {
  // Known after the first document: a callback that returns a promise would run twice each time.
  let isAsync = false
  return {
    parse(read) {
      if (!isAsync) {
        try {
          return resultOf(safeParse(schema, read()))
        } catch (error) {
          if (!isAsyncError(error)) throw error
          isAsync = true
        }
      }
      return safeParseAsync(schema, read()).then(resultOf)
    },
  }
}

/** Also that of another copy of zod. */
const isAsyncError = (error: unknown): boolean =>
  error instanceof $ZodAsyncError || (error instanceof Error && error.constructor.name === '$ZodAsyncError')

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
