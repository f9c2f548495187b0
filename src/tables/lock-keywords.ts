// Which keyword a lock's schema may hold, by the kind of its node (profile p1). The Rust table is generated from here:
// `npm run generate:tables`.

/** The keywords of each kind of node. */
export const keywordsOfKind = {
  any: [],
  ref: ['$ref'],
  const: ['const', 'type', 'x-norm'],
  enum: ['enum', 'type', 'x-norm'],
  union: ['anyOf'],
  discriminated: ['oneOf', 'x-discriminator'],
  string: ['type', 'allOf', 'maxLength', 'minLength', 'pattern', 'x-coerce', 'x-norm', 'x-pattern-units', 'x-url'],
  number: ['type', 'exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf', 'x-coerce', 'x-value'],
  bare: ['type', 'x-coerce'],
  array: ['type', 'items', 'maxItems', 'minItems'],
  tuple: ['type', 'items', 'maxItems', 'minItems', 'prefixItems'],
  object: ['type', 'additionalProperties', 'properties', 'required', 'x-unknown'],
  record: ['type', 'additionalProperties', 'propertyNames', 'x-unknown'],
} as const

/** Allowed in every node; they do not affect validation. */
export const annotationKeywords = [
  '$comment',
  'deprecated',
  'description',
  'examples',
  'format',
  'readOnly',
  'title',
  'writeOnly',
] as const

/** Allowed beside the keywords of any kind where the value may be missing: the default belongs to the member or item. */
export const defaultKeyword = 'default'

/** Allowed in the root node beside the keywords of its kind. */
export const rootKeywords = ['$defs', '$schema'] as const

/** The keywords that decide the kind of a node without `type`, by precedence. */
export const kindOfKeyword = {
  $ref: 'ref',
  const: 'const',
  enum: 'enum',
  anyOf: 'union',
  oneOf: 'discriminated',
} as const
