// Random unions above objects that 64-bit integers tell apart, whose branches edit what they check: `numbers: 'int64'`.
import fc from 'fast-check'

type Schema = Readonly<Record<string, unknown>>

/** Texts of numbers, as in number-schemas.ts; all but the last two are no doubles. */
const wideKeys = [
  '9007199254740993',
  '9007199254740995',
  '-9007199254740993',
  '9223372036854775807',
  '18446744073709551615',
]
const keyTexts = [...wideKeys, '9007199254740992', '1']

const edited: fc.Arbitrary<Schema> = fc.constantFrom<Schema>(
  { type: 'string', 'x-norm': ['lower', 'trim'] },
  { type: 'string', 'x-norm': ['upper'] },
  { type: 'string', 'x-coerce': true },
  { type: 'string', default: 'inserted' },
)

const branch = (keyword: Schema, value: Schema, strips: boolean): Schema => ({
  type: 'object',
  properties: { k: keyword, a: value },
  required: 'default' in value ? ['k'] : ['k', 'a'],
  ...(strips ? { 'x-unknown': 'strip' } : { additionalProperties: false }),
})

/** Each branch has keys of its own. */
const discriminated: fc.Arbitrary<Schema> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...keyTexts), edited, fc.boolean()), {
    minLength: 1,
    maxLength: 4,
    selector: ([text]) => text,
  })
  .map((branches) => ({
    oneOf: branches.map(([text, value, strips]) => branch({ const: text }, value, strips)),
    'x-discriminator': 'k',
  }))

/** Branches may share keys. */
const union: fc.Arbitrary<Schema> = fc
  .array(fc.tuple(fc.uniqueArray(fc.constantFrom(...keyTexts), { minLength: 1, maxLength: 3 }), edited, fc.boolean()), {
    minLength: 2,
    maxLength: 4,
  })
  .map((branches) => ({ anyOf: branches.map(([texts, value, strips]) => branch({ enum: texts }, value, strips)) }))

const keyed = fc.oneof({ weight: 2, arbitrary: discriminated }, { weight: 1, arbitrary: union })

/** The second item alone decides which branch takes the pair: the others have edited the first one by then. */
export const pairSchemas: fc.Arbitrary<Schema> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: keyed },
      { weight: 1, arbitrary: keyed.map((items) => ({ type: 'array', items })) },
      { weight: 2, arbitrary: fc.constant<Schema>({}) },
    ),
    { minLength: 2, maxLength: 4 },
  )
  .map((firsts) => ({
    anyOf: firsts.map((first, number) => ({
      type: 'array',
      prefixItems: [first, { const: String(number) }],
      items: false,
      minItems: 2,
    })),
  }))

const objectText = fc
  .tuple(
    fc.constantFrom(...keyTexts, '9007199254740994'),
    fc.constantFrom('"a":" aB"', '"a":12', '"a":"x"', ''),
    fc.constantFrom('', '', '"z":0'),
  )
  .map(
    ([text, ...members]) => `{${[...members.slice(0, 1), `"k":${text}`, ...members.slice(1)].filter(Boolean).join()}}`,
  )

export const pairTexts: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: objectText },
      objectText.map((text) => `[${text}]`),
    ),
    fc.nat(3),
  )
  .map(([first, number]) => `[${first},${number}]`)
