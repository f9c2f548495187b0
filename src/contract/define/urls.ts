// z.url() and z.httpUrl(): `x-url`, which the engines check as zod does, with the URL standard's parser.

import type { SchemaDocument } from '../schema-document.ts'
import type { CheckDef, LoweringContext } from './context.ts'
import { readAsciiPattern } from './patterns.ts'
import { zodPatterns } from './zod-patterns.ts'

type Url = NonNullable<SchemaDocument['x-url']>

/** The keyword of a URL check; `earlier`: of one ahead of it in the same chain. */
export function readUrl(context: LoweringContext, path: string, def: CheckDef, earlier: Url | undefined): Url {
  if (def.normalize === true) {
    context.reject(
      path,
      'z.url({ normalize: true }) rewrites the text; write z.url() and read new URL(…).href in the app',
    )
  }
  const url: Url = {}
  for (const part of ['hostname', 'protocol'] as const) {
    const pattern = def[part]
    const source = pattern && readAsciiPattern(context, path, frozenPart(pattern))
    const before = earlier?.[part]
    if (source !== undefined && before !== undefined && source !== before)
      context.reject(path, `two URL checks have different patterns of the ${part}; write one pattern in one z.url()`)
    if (source ?? before) url[part] = (source ?? before) as string
  }
  return url
}

/**
 * zod's domain pattern limits the whole host to 253 characters, by a look-ahead, which no lock holds. The engines have the limit
 * for every pattern of a host.
 */
const frozenPart = (pattern: RegExp): RegExp =>
  pattern.source === zodPatterns.domain ? new RegExp(pattern.source.replace('(?=.{1,253}$)', '')) : pattern
