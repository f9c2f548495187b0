// Random patterns of the grammar, all of them also valid for RegExp with flag u, and random texts of their
// characters.

import fc from 'fast-check'

const characters = ['a', 'b', 'c', '1', '-', '_', ' ', '\n', '\u2028', 'é', '日', '😀', '\u{10ffff}']

const literal = fc.constantFrom(
  'a',
  'b',
  'c',
  '1',
  '-',
  '_',
  ' ',
  'é',
  '日',
  '😀',
  ',',
  '\\n',
  '\\t',
  '\\x61',
  '\\u0062',
  '\\u{63}',
  '\\ud83d\\ude00',
  '\\u2028',
  '\\.',
  '\\/',
  '\\$',
  '\\]',
  '\\\\',
)

const set = fc.constantFrom('\\d', '\\D', '\\w', '\\W', '\\s', '\\S')

const classPart = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('a', 'b', '1', '_', 'é', '日', '😀', '\\-', '\\]', '\\n', '.', '$', '[', '&&', '|'),
  },
  { weight: 2, arbitrary: fc.constantFrom('a-b', 'b-z', '0-9', ' -~', '日-😀', '\\u{80}-\\u{10ffff}', '\\x00-\\x20') },
  { weight: 1, arbitrary: set },
)

const characterClass = fc
  .tuple(fc.boolean(), fc.array(classPart, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([negated, parts, hyphen]) => `[${negated ? '^' : ''}${parts.join('')}${hyphen ? '-' : ''}]`)

const quantifier = fc.constantFrom(
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{0}',
  '{1}',
  '{2}',
  '{1,3}',
  '{0,2}?',
  '{2,}',
)

const { alternatives } = fc.letrec<{ alternatives: string; sequence: string; term: string; atom: string }>((tie) => ({
  alternatives: fc
    .array(tie('sequence'), { minLength: 1, maxLength: 3, size: 'small' })
    .map((parts) => parts.join('|')),
  sequence: fc.array(tie('term'), { maxLength: 4, size: 'small' }).map((parts) => parts.join('')),
  term: fc.tuple(tie('atom'), quantifier).map((parts) => parts.join('')),
  atom: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: literal },
    { weight: 2, arbitrary: characterClass },
    { weight: 1, arbitrary: fc.oneof(set, fc.constant('.')) },
    {
      weight: 3,
      arbitrary: fc.tuple(fc.boolean(), tie('alternatives')).map(([bare, inner]) => `(${bare ? '?:' : ''}${inner})`),
    },
  ),
}))

const anchored = fc
  .tuple(fc.constantFrom('', '^'), alternatives, fc.constantFrom('', '$'))
  // An anchor applies to one alternative, so `^a|b$` is intended.
  .map((parts) => parts.join(''))

export const randomPattern: fc.Arbitrary<string> = fc
  .oneof(
    anchored,
    fc.tuple(anchored, anchored).map((parts) => parts.join('|')),
    alternatives.map((inner) => `^(?:${inner})$`),
  )
  // Longer ones could exceed the limit of atoms, and RegExp could take too long.
  .filter((source) => source.length <= 60)

export const randomText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...characters), { maxLength: 10, size: 'max' })
  .map((parts) => parts.join(''))
