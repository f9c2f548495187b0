// Random JSON values, and small mutations of values: payloads that a schema nearly accepts.

import * as fc from 'fast-check'

/** A piece of text near the bounds of most checks, or of none. */
const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'A',
    'abc',
    'a.b',
    '1',
    '0',
    '-1',
    '\u00e9',
    'e\u0301',
    '\u{1f600}',
    ' a ',
    '\n',
    'constructor',
    'toString',
  ),
  fc.string({ maxLength: 6 }),
)

const anyNumber = fc.oneof(
  fc.constantFrom(
    0,
    1,
    -1,
    2,
    3,
    0.5,
    1.5,
    0.1,
    0.30000000000000004,
    19.99,
    4.35,
    100,
    2147483647,
    2147483648,
    -2147483649,
    1e21,
    1e-7,
  ),
  fc.constantFrom(
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER + 1,
    Number.MIN_SAFE_INTEGER,
    Number.MAX_VALUE,
    3.5e38,
    5e-324,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)

const anyKey = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'kind', '1', '01', '-1', 'constructor', 'toString', ''),
  fc.string({ maxLength: 3 }),
)
const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    anyNumber,
    anyText,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(anyKey, tie('value'), { maxKeys: 3 }).map(withoutProto),
  ),
})).value

/** `__proto__` never reaches a schema: the reader rejects it. */
function withoutProto<T>(object: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== '__proto__'))
}

/** One or two small changes somewhere in a value. */
const broken = (value: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(fc.array(fc.nat(20), { minLength: 6, maxLength: 6 }), anyValue, anyText).map(([turns, other, text]) => {
    let turn = 0
    const next = (): number => turns[turn++ % turns.length] ?? 0
    const change = (at: unknown, depth: number): unknown => {
      const choice = next()
      if (Array.isArray(at)) {
        if (choice < 4 || at.length === 0 || depth > 4) return choice % 2 === 0 ? [...at, other] : at.slice(1)
        return at.map((item: unknown, i) => (i === choice % at.length ? change(item, depth + 1) : item))
      }
      if (typeof at === 'object' && at !== null) {
        const entries = Object.entries(at)
        if (choice < 3 || depth > 4) return withoutProto({ ...at, [text]: other })
        if (choice < 6 || entries.length === 0) return Object.fromEntries(entries.slice(1))
        return Object.fromEntries(
          entries.map(([key, member], i) => [key, i === choice % entries.length ? change(member, depth + 1) : member]),
        )
      }
      if (typeof at === 'string' && choice < 14) {
        const from = next() % (at.length + 1)
        const edited = at.slice(0, from) + (choice < 7 ? text.slice(0, 1) : '') + at.slice(from + (choice % 2))
        return edited.isWellFormed() ? edited : at
      }
      if (typeof at === 'number' && choice < 12) return choice < 6 ? at + 1 : at / 2
      if (typeof at === 'bigint' && choice < 12) return choice < 6 ? at + 1n : -at
      return other
    }
    return change(value, 0)
  })

export const near = (fitting: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: fitting },
    { weight: 4, arbitrary: fitting.chain(broken) },
    { weight: 1, arbitrary: anyValue },
  )
