// String formats that samples are tested for, by the pattern that the format has in a lock, or as zod tests a URL. So a
// guessed format accepts every sample it was guessed from.

import { defineContract } from '../contract/define/index.ts'
import { build, call, type Expression } from './schema-ast.ts'

export interface Format {
  /** The function to call, and its argument if any. */
  readonly callee: string
  readonly options?: Record<string, boolean>
  readonly words: string
  /** Longer texts are not tested. */
  readonly maxLength: number
  /** For a format that is no pattern. */
  readonly accepts?: (text: string) => boolean
}

/** By preference: the narrowest first. */
const table: readonly Format[] = [
  { callee: 'z.uuid', words: 'a UUID', maxLength: 36 },
  { callee: 'z.guid', words: 'a GUID', maxLength: 36 },
  { callee: 'z.iso.datetime', words: 'a date and time', maxLength: 64 },
  { callee: 'z.iso.datetime', options: { offset: true }, words: 'a date and time', maxLength: 64 },
  { callee: 'z.iso.datetime', options: { local: true }, words: 'a date and time', maxLength: 64 },
  { callee: 'z.iso.datetime', options: { local: true, offset: true }, words: 'a date and time', maxLength: 64 },
  { callee: 'z.iso.date', words: 'a date', maxLength: 10 },
  { callee: 'z.iso.time', words: 'a time', maxLength: 32 },
  { callee: 'z.ipv4', words: 'an IPv4 address', maxLength: 15 },
  { callee: 'z.email', words: 'an email address', maxLength: 320 },
  { callee: 'z.e164', words: 'a phone number', maxLength: 16 },
  { callee: 'z.url', words: 'a URL', maxLength: 4096, accepts: isHttpUrl },
  { callee: 'z.ipv6', words: 'an IPv6 address', maxLength: 45 },
]

/** The schema of a format. */
export const formatSchema = ({ callee, options }: Format, notes: readonly string[] = []): Expression =>
  call(callee, options === undefined ? [] : [options], notes)

/** A bit for each format. */
export const allFormats: number = 2 ** table.length - 1

let compiled: readonly ((text: string) => boolean)[] | undefined

/** The formats in `mask` that `text` matches. */
export function formatsOf(text: string, mask: number): number {
  compiled ??= table.map(testOf)
  let found = 0
  for (const [i, accepts] of compiled.entries()) {
    const bit = 1 << i
    if ((mask & bit) === 0 || text.length > (table[i] as Format).maxLength) continue
    if (accepts(text)) found |= bit
  }
  return found
}

/** The best format of those in `mask`. */
export const bestFormat = (mask: number): Format | undefined => table.find((_, i) => (mask & (1 << i)) !== 0)

/** Host names that are not plain ASCII are left out: engines and URL constructors differ in them. */
function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[\x21-\x24\x26-\x7e][\x21-\x7e]*$/.test(text) && !/xn--/i.test(text) && URL.canParse(text)
}

function testOf(format: Format): (text: string) => boolean {
  if (format.accepts !== undefined) return format.accepts
  const { root } = defineContract({ name: 'format', schema: build(formatSchema(format), new Map()) }).profile
  const patterns = root.kind === 'scalar' ? root.string?.patterns : undefined
  if (patterns === undefined || patterns.length === 0) throw new TypeError('A format without a pattern proves nothing')
  const compiled = patterns.map(({ source, units }) => new RegExp(source, units === 'utf16' ? '' : 'u'))
  return (text) => compiled.every((pattern) => pattern.test(text))
}
