// Entry point of json/: the strict reader, the canonical writer, pointers and the encoder of values.

export { encodeValue } from './encode.ts'
export { mayEscapeKey, plainValue } from './plain.ts'
export { appendPointer, escapePointerKey, pointerOf } from './pointer.ts'
export { readBytes, readText, checkText } from './read.ts'
export { noLimits, type Read, type ReadLimits } from './reader.ts'
export type { Position } from './position.ts'
export { tooLarge, type ReadError, type ReadErrorParams } from './read-error.ts'
export { setMember } from './set-member.ts'
export { stringifyWithBigints } from './stringify.ts'
export {
  canonicalText,
  canonicalTextWithin,
  compareKeys,
  JsonObject,
  withoutSpare,
  keepIntegers,
  primitiveText,
  roundBigints,
  sameValue,
  toPlain,
  type JsonArray,
  type JsonMember,
  type JsonPrimitive,
  type JsonValue,
} from './value.ts'
export { TextBuilder } from './text-builder.ts'
