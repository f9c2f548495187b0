// String formats that samples can show. Each is tested by the very patterns that it becomes in a lock, so what is
// guessed here accepts what it was guessed from.

import * as z from 'zod'
import { defineContract, httpUrl } from '../contract/define/index.ts'

export interface Format {
  /** What to write: the function, and its argument if it has one. */
  readonly callee: string
  readonly options?: Readonly<Record<string, boolean>>
  readonly words: string
  /** Longer texts are not even tried. */
  readonly maxLength: number
}

/** In order of preference: the narrowest first. */
const table: readonly (readonly [schema: () => z.ZodType, format: Format])[] = [
  [() => z.uuid(), { callee: 'z.uuid', words: 'a UUID', maxLength: 36 }],
  [() => z.guid(), { callee: 'z.guid', words: 'a GUID', maxLength: 36 }],
  [() => z.iso.datetime(), { callee: 'z.iso.datetime', words: 'a date and time', maxLength: 64 }],
  [
    () => z.iso.datetime({ offset: true }),
    { callee: 'z.iso.datetime', options: { offset: true }, words: 'a date and time', maxLength: 64 },
  ],
  [
    () => z.iso.datetime({ local: true }),
    { callee: 'z.iso.datetime', options: { local: true }, words: 'a date and time', maxLength: 64 },
  ],
  [
    () => z.iso.datetime({ local: true, offset: true }),
    { callee: 'z.iso.datetime', options: { local: true, offset: true }, words: 'a date and time', maxLength: 64 },
  ],
  [() => z.iso.date(), { callee: 'z.iso.date', words: 'a date', maxLength: 10 }],
  [() => z.iso.time(), { callee: 'z.iso.time', words: 'a time', maxLength: 32 }],
  [() => z.ipv4(), { callee: 'z.ipv4', words: 'an IPv4 address', maxLength: 15 }],
  [() => z.email(), { callee: 'z.email', words: 'an email address', maxLength: 320 }],
  [() => z.e164(), { callee: 'z.e164', words: 'a phone number', maxLength: 16 }],
  [() => httpUrl(), { callee: 'httpUrl', words: 'an http(s) URL', maxLength: 4096 }],
  [() => z.ipv6(), { callee: 'z.ipv6', words: 'an IPv6 address', maxLength: 45 }],
]

/** A bit for each format. */
export const allFormats: number = 2 ** table.length - 1

let compiled: readonly (readonly RegExp[])[] | undefined

/** Those of the formats in `mask` that `text` has. */
export function formatsOf(text: string, mask: number): number {
  compiled ??= table.map(([schema]) => patternsOf(schema()))
  let found = 0
  for (const [i, patterns] of compiled.entries()) {
    const bit = 1 << i
    if ((mask & bit) === 0 || text.length > (table[i]?.[1].maxLength ?? 0)) continue
    if (patterns.every((pattern) => pattern.test(text))) found |= bit
  }
  return found
}

/** The best format of those in `mask`. */
export const bestFormat = (mask: number): Format | undefined => table.find((_, i) => (mask & (1 << i)) !== 0)?.[1]

function patternsOf(schema: z.ZodType): readonly RegExp[] {
  const { root } = defineContract({ name: 'format', schema }).profile
  const patterns = root.kind === 'scalar' ? root.string?.patterns : undefined
  if (patterns === undefined || patterns.length === 0) throw new TypeError('A format without a pattern proves nothing')
  return patterns.map(({ source }) => new RegExp(source, 'u'))
}
