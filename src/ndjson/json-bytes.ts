// The bytes that separate JSON values and lines.

export const newline = 0x0a
export const carriageReturn = 0x0d
export const quote = 0x22
export const comma = 0x2c
export const minus = 0x2d
export const colon = 0x3a
export const openBracket = 0x5b
export const backslash = 0x5c
export const closeBracket = 0x5d
export const openBrace = 0x7b
export const closeBrace = 0x7d

/** White space of JSON. */
export const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === newline || byte === carriageReturn || byte === 0x09
