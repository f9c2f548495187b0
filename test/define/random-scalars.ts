// Random sources of zod schemas of strings, numbers, bigints and other scalars: `z.string().trim().max(3)`.

import * as fc from 'fast-check'
import { randomRegex } from '../pattern/random-pattern.ts'

/** The source of a zod schema, an expression over `z`. */
export type Source = fc.Arbitrary<string>

const joined = (parts: readonly string[]): string => parts.join('')

const regexes: Source = fc.oneof(
  fc.constantFrom(
    ...['/^a*b?$/', '/^.{1,3}$/', '/^[^\\s]{2}$/', '/^[a-z]+$/i', '/^k$/iu', '/ſ/i', '/^a.b$/s', '/^a$/m', '/b/y'],
    ...['/a/g', '/\\bab\\b/', '/^[\\w-.]+$/', '/^(?<n>a)$/', '/^\\p{L}+$/u', '/^[^a]$/iu', '/^\\W\\S?$/', '/\\d/'],
  ),
  randomRegex.filter(({ source }) => source.length < 24).map(String),
)

const lengths = fc.constantFrom('.min(1)', '.max(3)', '.length(2)', '.nonempty()', '.max(20)', '.min(2)')
const textChecks: Source = fc.oneof(
  { weight: 3, arbitrary: lengths },
  { weight: 2, arbitrary: regexes.map((regex) => `.regex(${regex})`) },
  fc.constantFrom(
    ...[".startsWith('a')", ".endsWith('b')", ".includes('a')", '.lowercase()', '.uppercase()', '.email()', '.url()'],
  ),
)

/** In the order in which zod applies them, which a contract may not have. */
const conversions: Source = fc
  .constantFrom('.toLowerCase()', '.toUpperCase()')
  .chain((letterCase) => fc.shuffledSubarray(['.trim()', letterCase, '.normalize()']))
  .map(joined)

const formats = fc.constantFrom(
  ...['z.email()', 'z.uuid()', 'z.iso.date()', 'z.iso.datetime({ offset: true })', 'z.ipv4()', 'z.base64()', 'z.hex()'],
  ...["z.templateLiteral(['v', z.int()])", 'z.iso.duration()', 'z.e164()'],
)

const urls = fc.constantFrom(
  ...['z.url()', 'z.httpUrl()', 'z.url({ protocol: /^https?$/ })', 'z.url({ hostname: /^x\\.org$/ })'],
  ...['z.url().max(20)', 'z.url().trim()', 'z.string().trim().pipe(z.url())', 'z.string().max(20).url()'],
  ...['z.url().regex(/^h/)', 'z.url({ hostname: /^(.+\\.)?x\\.org$/i, protocol: /^ftp$/ })'],
)

const stringChain: Source = fc
  .tuple(
    fc.constantFrom('z.string()', 'z.string()', 'z.string()', 'z.coerce.string()'),
    conversions,
    fc.array(textChecks, { maxLength: 2 }).map(joined),
    fc.oneof({ weight: 9, arbitrary: fc.constant('') }, { weight: 1, arbitrary: conversions }),
  )
  .map(joined)

const pipedString: Source = fc
  .tuple(
    conversions,
    fc.oneof(
      formats,
      urls,
      stringChain,
      fc.constantFrom("z.enum(['a', 'b', 'AB'])", "z.literal('a')", "z.literal(['a', 'É'])"),
    ),
  )
  .map(([ahead, behind]) => `z.string()${ahead}.pipe(${behind})`)

export const strings: Source = fc.oneof(
  { weight: 4, arbitrary: stringChain },
  { weight: 1, arbitrary: formats },
  { weight: 1, arbitrary: urls },
  { weight: 1, arbitrary: pipedString },
)

const numbers: Source = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        ...['z.number()', 'z.number()', 'z.int()', 'z.int32()', 'z.uint32()', 'z.float32()', 'z.float64()'],
        ...['z.coerce.number()', 'z.coerce.number()'],
      ),
      fc.array(
        fc.constantFrom(
          ...['.min(1)', '.max(2)', '.gt(0)', '.lt(100)', '.gte(-0.5)', '.positive()', '.nonnegative()', '.negative()'],
          ...['.int()', '.finite()', '.safe()', '.multipleOf(0.01)', '.multipleOf(3)', '.multipleOf(0.1)', '.step(2)'],
          ...['.multipleOf(1e-8)', '.max(9007199254740992)', '.min(-1e300)'],
        ),
        { maxLength: 2 },
      ),
    )
    .map(([base, checks]) => base + joined(checks)),
  fc.constantFrom('z.coerce.number().pipe(z.int().min(1))', 'z.number().pipe(z.number().max(5))'),
)

/** They need `numbers: 'int64'`. */
export const bigints: Source = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('z.bigint()', 'z.int64()', 'z.uint64()'),
      fc.array(
        fc.constantFrom(
          ...['.min(5n)', '.max(9007199254740993n)', '.gt(9007199254740992n)', '.lt(-9007199254740993n)'],
          ...['.multipleOf(3n)', '.multipleOf(9007199254740993n)', '.positive()', '.nonnegative()'],
          ...['.min(-9223372036854775809n)', '.max(18446744073709551616n)', '.multipleOf(4n).multipleOf(6n)'],
        ),
        { maxLength: 2 },
      ),
    )
    .map(([base, checks]) => base + joined(checks)),
)

const others = fc.constantFrom(
  ...['z.boolean()', 'z.coerce.boolean()', 'z.null()', 'z.any()', 'z.unknown()', 'z.json()', 'z.literal(0)'],
  ...["z.literal([1, 'a', true, null])", "z.enum(['a', 'b'])", "z.enum({ A: 0, B: 1, 0: 'A', 1: 'B' })"],
  ...["z.literal('a')", 'z.literal(9007199254740992)', 'z.stringbool()', 'z.coerce.boolean().pipe(z.literal(true))'],
)

export const scalars: Source = fc.oneof(
  { weight: 5, arbitrary: strings },
  { weight: 3, arbitrary: numbers },
  { weight: 3, arbitrary: others },
)
