// Entry point of define/: contracts from zod schemas. zod is imported for its types only (run-zod.ts).

export { defineContract, type DefineOptions } from './define.ts'
export type { SchemaDocument } from '../schema-document.ts'
export { norm } from './norm.ts'
export type { ZodSchema } from './zod-schema.ts'
export { isIterable } from './option-rules.ts'
