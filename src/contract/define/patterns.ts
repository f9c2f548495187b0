// Regular expressions of a schema: checks their flags and the grammar of p1, with the zod path in the message.

import { parsePattern } from '../../pattern/index.ts'
import type { LoweringContext } from './context.ts'

/** The source of `regex`, or nothing after recording why it is unsupported. */
export function readPattern(context: LoweringContext, path: string, { source, flags }: RegExp): [string] | [] {
  try {
    if (flags !== '' && flags !== 'u') throw new Error(flagAdvice(flags))
    if (flags === '' && /(?:^|[^\\])(?:\\\\)*\\u\{/.test(source))
      throw new Error('\\u{…} without flag u means "u" repeated; add flag u')
    parsePattern(source)
    return [source]
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    context.reject(path, `/${source}/${flags === 'u' ? '' : flags}: ${problem}`)
    return []
  }
}

function flagAdvice(flags: string): string {
  if (flags.includes('i')) return "a lock has no flag i; write both cases, [Aa], or norm(…, ['lower'])"
  return `a lock has no flags but u; write the pattern without "${flags.replace('u', '')}"`
}

/** The pattern that matches exactly this text. */
export const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
