// Regular expressions of a schema: the patterns of the lock that they become, with the zod path in a refusal.

import type { PatternDocument } from '../schema-document.ts'
import type { LoweringContext } from './context.ts'
import { patternOfRegex } from './regex.ts'

/** The pattern of `regex`, or nothing after recording why it is unsupported. */
export function readPattern(context: LoweringContext, path: string, regex: RegExp): [PatternDocument] | [] {
  try {
    return [patternOfRegex(regex)]
  } catch (error) {
    context.reject(path, `${String(regex)}: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}

/** The same for a pattern that is only matched against ASCII texts, where units make no difference. */
export function readAsciiPattern(context: LoweringContext, path: string, regex: RegExp): string | undefined {
  return readPattern(context, path, regex)[0]?.pattern
}

/** The pattern that matches exactly this text. */
export const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
