// What a text that is not JSON lacks at its error: the stable word in `params.expected` of `parse.syntax`, and how a sentence
// says it. The Rust enum is generated from here: `npm run generate:tables`.

export const jsonExpectations = {
  value: 'a value',
  'value-or-end': 'a value or ]',
  key: 'a key in double quotes',
  'key-or-end': 'a key in double quotes or }',
  colon: 'a colon',
  'comma-or-end': 'a comma or the closing bracket',
  end: 'the end of the payload',
  literal: 'the rest of true, false or null',
  digit: 'a digit',
  escape: 'one of " \\ / b f n r t u behind the backslash',
  'hex-digit': 'a hexadecimal digit',
  character: 'a character of the string; control characters such as line breaks are escaped',
  quote: 'the closing quote of the string',
} as const

export type JsonExpectation = keyof typeof jsonExpectations
