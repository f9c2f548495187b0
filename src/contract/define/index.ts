// Entry point of define/: contracts from zod schemas. Separate from contract/index.ts, so that loading a lock never
// imports zod.

export { defineContract, type DefineOptions } from './define.ts'
export type { SchemaDocument } from '../schema-document.ts'
export { norm } from './norm.ts'
