// Regular expressions of a schema: checks their flags and the grammar of p1, with the zod path in the message.

import { parsePattern } from '../../pattern/index.ts'
import type { LoweringContext } from './context.ts'

/** The source of `regex`, or undefined after recording why it is unsupported. */
export function takePattern(context: LoweringContext, path: string, { source, flags }: RegExp): string | undefined {
  if (flags !== '' && flags !== 'u') {
    context.reject(path, `/${source}/${flags}: ${flagAdvice(flags)}`)
    return undefined
  }
  if (flags === '' && /(?:^|[^\\])(?:\\\\)*\\u\{/.test(source)) {
    context.reject(path, `/${source}/: \\u{…} without flag u means "u" repeated; add flag u`)
    return undefined
  }
  try {
    parsePattern(source)
    return source
  } catch (error) {
    context.reject(path, `/${source}/: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function flagAdvice(flags: string): string {
  if (flags.includes('i')) return "a lock has no flag i; write both cases, [Aa], or norm(…, ['lower'])"
  return `a lock has no flags but u; write the pattern without "${flags.replace('u', '')}"`
}

/** The pattern that matches exactly this text. */
export const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
