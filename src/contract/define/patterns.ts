// Regular expressions on their way into a lock: flags, and the grammar of p1 with the zod path in the message.

import { parsePattern } from '../../pattern/index.ts'
import type { Walk } from './walk.ts'

/** The source of `regex`, or undefined after noting why it cannot be taken. */
export function takePattern(walk: Walk, path: string, { source, flags }: RegExp): string | undefined {
  if (flags !== '' && flags !== 'u') {
    walk.refuse(path, `/${source}/${flags}: ${flagAdvice(flags)}`)
    return undefined
  }
  if (flags === '' && /(?:^|[^\\])(?:\\\\)*\\u\{/.test(source)) {
    walk.refuse(path, `/${source}/: \\u{…} without flag u means "u" repeated; add flag u`)
    return undefined
  }
  try {
    parsePattern(source)
    return source
  } catch (error) {
    walk.refuse(path, `/${source}/: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function flagAdvice(flags: string): string {
  if (flags.includes('i')) return "a lock has no flag i; write both cases, [Aa], or norm(…, ['lower'])"
  return `a lock has no flags but u; write the pattern without "${flags.replace('u', '')}"`
}

/** The text as a pattern that matches just it. */
export const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
