// What a schema does in code and a lock cannot hold: checks and conversions that stay in the app. The contract then holds
// what the payload looks like before them.

import type { AppOnlyKind } from './app-only-kinds.ts'
import type { LoweringContext } from './context.ts'

/** The option that permits it, as the author writes it. */
const appOnlyOption = (kind: AppOnlyKind): string => `defineContract({ …, appOnly: ['${kind}'] })`

/** Records code that stays in the app and returns true; where `appOnly` does not permit it, records `problem`. */
export function keepInApp(context: LoweringContext, path: string, kind: AppOnlyKind, problem: string): boolean {
  if (context.options.appOnly.has(kind)) {
    context.keepInApp(path, kind)
    return true
  }
  context.reject(path, `${problem}, or keep it in the app: ${appOnlyOption(kind)}`)
  return false
}
