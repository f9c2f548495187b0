// Random schemas of profile p1 with every kind of node and every keyword, as fast-check arbitraries.
import fc from 'fast-check'

export type Schema = Readonly<Record<string, unknown>>

/** Patterns of every construct of the grammar, each with texts that match it. */
export const patternSamples: readonly (readonly [pattern: string, ...matching: string[]])[] = [
  ['^[A-Z0-9-]+$', 'A-1', 'ZZ9'],
  ['^\\d{4}$', '0042', '1999'],
  ['^\\+[1-9]\\d{6,14}$', '+49301234567'],
  ['a|bc|', 'a', 'zbcz', ''],
  ['^(?:[a-c]{2,3}|x*y?)$', 'ab', 'cab', 'xxxy', ''],
  ['\\s', ' ', 'a\u2003b', '\ufeff'],
  ['^\\S+$', 'abc', 'é'],
  ['^.$', 'a', '😀', 'é'],
  ['^\\W\\D$', '-a', '!?'],
  ['[^a-z\\d]', 'A', '_', '漢'],
  ['^(a|ab)(c|bcd)*?$', 'ac', 'abcd', 'abc'],
  ['\\x41\\u0042\\u{1F600}', 'AB😀'],
  ['\\ud83d\\ude00+', '😀😀'],
  ['^(?:a{0,5}){5}b$', 'aaab', 'b'],
  ['[\\^\\]\\\\-]', '^', ']', '\\', '-'],
  ['\\/\\.\\-\\$', '/.-$'],
  ['^[😀-😂é]+$', '😀😁', 'é'],
  ['x$|^y', 'x', 'yz', 'ax'],
  ['^$', ''],
  ['(?:(?:a+)+)+c', 'aac'],
  ['\\t|\\n|\\r|\\f|\\v', '\t', '\n'],
  ['b{0}a{3,}', 'aaa', 'baaaa'],
]

/** A plain key, one that is special in JS objects, or one that is special in pointers or in the order. */
export const keys = [
  'a',
  'b',
  'id',
  'name',
  'kind',
  '',
  ' ',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  '0',
  '1',
  '10',
  '9',
  '-1',
  '01',
  '4294967295',
  'a/b',
  'm~n',
  '"',
  '\\',
  '\u0000',
  '\u2028',
  'é',
  'e\u0301',
  '漢字',
  '\ue000',
  '😀',
  '\uffff',
  'ab'.repeat(80),
] as const

const key = fc.constantFrom(...keys)
const normOps = fc
  .tuple(fc.subarray(['trim', 'nfc', 'collapse']), fc.constantFrom([], ['lower'], ['upper']))
  .map(([some, letters]) => [...some, ...letters])
const count = (max: number): fc.Arbitrary<number> => fc.nat(max)
const bound = fc.oneof(
  fc.integer({ min: -5, max: 200 }),
  fc.constantFrom(
    0.1,
    -0.5,
    1e21,
    9007199254740991,
    -9007199254740991,
    1.7976931348623157e308,
    5e-324,
    0.30000000000000004,
  ),
)
const primitive = fc.oneof(
  fc.constantFrom('', 'a', 'A', 'é', '😀', 'card', 'null', '1'),
  fc.constantFrom(0, 1, 1.5, -1, 1e21, 100),
  fc.boolean(),
  fc.constant(null),
)
const sameValue = (a: unknown, b: unknown): boolean => a === b

const optional = <T>(keyword: string, value: fc.Arbitrary<T>): fc.Arbitrary<Schema> =>
  fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, { arbitrary: value.map((v) => ({ [keyword]: v })), weight: 1 })

const all = (...parts: fc.Arbitrary<Schema>[]): fc.Arbitrary<Schema> =>
  fc.tuple(...parts).map((list) => Object.assign({}, ...list) as Schema)

const pattern = fc.constantFrom(...patternSamples.map(([text]) => text))

const stringLimits = (norm: boolean): fc.Arbitrary<Schema> =>
  all(
    optional('minLength', count(3)),
    optional('maxLength', count(12)),
    optional('pattern', pattern),
    optional(
      'allOf',
      fc.array(
        pattern.map((p) => ({ pattern: p })),
        { minLength: 1, maxLength: 2 },
      ),
    ),
    norm ? optional('x-norm', normOps) : fc.constant({}),
    optional('description', fc.constant('an annotation')),
  )

const numberLimits = all(
  optional('minimum', bound),
  optional('maximum', bound),
  optional('exclusiveMinimum', bound),
  optional('exclusiveMaximum', bound),
  optional('multipleOf', fc.constantFrom(1, 2, 3, 0.01, 0.1, 0.5, 7.5, 1e-7, 1e10)),
)

const stringForm = (norm: boolean): fc.Arbitrary<Schema> =>
  stringLimits(norm).map((limits) => ({ type: 'string', ...limits }))

const url = fc.constantFrom(
  {},
  { protocol: '^https?$' },
  { hostname: '^[a-z0-9.-]+$' },
  { hostname: 'x', protocol: 's' },
)

/** Conversions and URLs: not in propertyNames. */
const changing: fc.Arbitrary<Schema> = fc.oneof(
  fc
    .tuple(fc.constantFrom('number', 'integer'), numberLimits)
    .map(([type, limits]) => ({ type, ...limits, 'x-coerce': true })),
  stringLimits(true).map((limits) => ({ type: 'string', ...limits, 'x-coerce': true })),
  fc.constant({ type: 'boolean', 'x-coerce': true }),
  fc.tuple(stringLimits(true), url).map(([limits, of]) => ({ type: 'string', ...limits, 'x-url': of })),
)

/** Of a member or an item that may be missing: any value that every contract can read. Its schema does not check it. */
const defaultValue = fc.oneof(
  primitive.filter((value) => value !== 1e21),
  fc.constantFrom({}, [], { b: [1, { '10': 0, '9': null }], a: 'É\n' }, [[' x ']]),
)

const withDefault = ([node, value]: readonly [Schema, unknown]): Schema =>
  value === undefined ? node : { ...node, default: value }

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 3 }, { arbitrary: value, weight: 1 })

const values = fc.uniqueArray(primitive, { minLength: 1, maxLength: 4, comparator: sameValue })

const scalar = (norm: boolean): fc.Arbitrary<Schema> =>
  fc.oneof(
    stringForm(norm),
    fc.tuple(fc.constantFrom('number', 'integer'), numberLimits).map(([type, limits]) => ({ type, ...limits })),
    fc.constantFrom(
      { type: 'boolean' },
      { type: 'null' },
      { type: ['string', 'number', 'boolean'] },
      { type: ['null', 'integer'] },
    ),
    stringLimits(norm).map((limits) => ({ type: ['string', 'null'], ...limits })),
    numberLimits.map((limits) => ({ type: ['null', 'number'], ...limits })),
    primitive.map((value) => ({ const: value })),
    values.map((list) => ({ enum: list })),
    fc.constant({ type: 'string', enum: ['red', 'green', 'ÄB'], ...(norm ? { 'x-norm': ['lower'] } : {}) }),
    ...(norm ? [changing] : []),
  )

/** `norm`: whether texts may change here (not in propertyNames). */
function schema(depth: number, norm: boolean): fc.Arbitrary<Schema> {
  if (depth === 0) return fc.oneof({ arbitrary: scalar(norm), weight: 6 }, { arbitrary: fc.constant({}), weight: 1 })
  const inner = schema(depth - 1, norm)
  const closed = fc.oneof(fc.constant<unknown>(false), inner)
  const object = fc
    .tuple(
      fc.uniqueArray(fc.tuple(key, inner, fc.boolean(), sometimes(defaultValue)), {
        maxLength: 6,
        selector: ([name]) => name,
      }),
      fc.oneof(optional('additionalProperties', closed), optional('x-unknown', fc.constant('strip'))),
    )
    .map(([members, additional]) => ({
      type: 'object',
      properties: Object.fromEntries(
        members.map(([name, node, required, value]) => [name, required ? node : withDefault([node, value])]),
      ),
      required: members.filter(([, , required]) => required).map(([name]) => name),
      ...additional,
    }))
  return fc.oneof(
    scalar(norm),
    object,
    object,
    all(
      fc.constant({ type: 'array' }),
      optional('items', closed),
      optional('minItems', count(2)),
      optional('maxItems', count(4)),
    ),
    all(
      fc.constant({ type: 'array' }),
      fc
        .tuple(fc.array(fc.tuple(inner, sometimes(defaultValue)), { minLength: 1, maxLength: 3 }), sometimes(count(2)))
        .map(([items, minItems]) => ({
          prefixItems: items.map((item, i) => (i < (minItems ?? 0) ? item[0] : withDefault(item))),
          ...(minItems === undefined ? {} : { minItems }),
        })),
      optional('items', closed),
      optional('maxItems', count(4)),
    ),
    all(
      fc.constant({ type: 'object' }),
      stringForm(false).map((propertyNames) => ({ propertyNames })),
      optional('additionalProperties', closed),
    ),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.array(fc.tuple(inner, fc.boolean()), { minLength: 2, maxLength: 5 }).map((branches) => ({
      anyOf: branches.map(([node, required], i) => ({
        type: 'object',
        properties: { kind: i % 2 === 0 ? { const: `k${i % 3}` } : { enum: [`k${i % 3}`, i, null] }, body: node },
        required: required ? ['kind'] : [],
        ...(i === 3 ? { additionalProperties: false } : {}),
      })),
    })),
    inner.map((node) => ({ anyOf: [node, { type: 'null' }] })),
    inner.map((node) => ({ anyOf: [{ type: 'null' }, node] })),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((nodes) => ({
      oneOf: nodes.map((node, i) => ({
        type: 'object',
        properties: { kind: i === 0 ? { const: 'k0' } : { enum: [`k${i}`, i] }, body: node },
        required: i % 2 === 0 ? ['kind', 'body'] : ['kind'],
        ...(i === 2 ? { additionalProperties: false } : {}),
      })),
    })),
  )
}

/** A recursive union whose branches lead to it for the same values, or for values of different keys. */
const recursiveUnion: fc.Arbitrary<Schema> = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', 'kind'),
      schema(1, true),
      fc.constantFrom('open', 'closed', 'strip'),
      fc.boolean(),
    ),
    {
      minLength: 2,
      maxLength: 4,
    },
  )
  .map((branches) => ({
    $ref: '#/$defs/T',
    $defs: {
      T: {
        anyOf: [
          ...branches.map(([name, node, others, required], i) => ({
            type: 'object',
            properties: {
              [name]: node,
              id: { $ref: '#/$defs/T' },
              ...(i % 2 === 0 ? { name: { type: 'array', items: { $ref: '#/$defs/T' } } } : {}),
            },
            required: required ? [name] : [],
            ...(others === 'closed' ? { additionalProperties: false } : {}),
            ...(others === 'strip' ? { 'x-unknown': 'strip' } : {}),
          })),
          { type: ['null', 'boolean'] },
        ],
      },
    },
  }))

/** A root schema, sometimes with a recursive definition. */
export const rootSchema: fc.Arbitrary<Schema> = fc.oneof(
  { arbitrary: schema(3, true), weight: 5 },
  { arbitrary: recursiveUnion, weight: 1 },
  {
    arbitrary: schema(1, true).map((node) => ({
      type: 'object',
      properties: { value: node, next: { $ref: '#/$defs/Next' }, self: { $ref: '#' } },
      additionalProperties: false,
      $defs: {
        Next: { anyOf: [{ $ref: '#/$defs/Item' }, { type: 'null' }] },
        Item: { type: 'array', items: node },
        Unused: {},
      },
    })),
    weight: 1,
  },
)
