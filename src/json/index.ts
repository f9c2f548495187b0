// Entry point of json/: the strict reader, the canonical writer, pointers and the encoder of values.

export { encodeValue } from './encode.ts'
export { mayEscapeKey, plainValue } from './plain.ts'
export { appendPointer, pointerOf } from './pointer.ts'
export { readBytes, readText, checkText, type Read, type ReadLimits } from './read.ts'
export type { ReadError } from './read-error.ts'
export { stringifyWithBigints } from './stringify.ts'
export {
  canonicalText,
  canonicalTextWithin,
  compareKeys,
  JsonObject,
  primitiveText,
  roundBigints,
  sameValue,
  toPlain,
  type JsonArray,
  type JsonMember,
  type JsonPrimitive,
  type JsonValue,
} from './value.ts'
