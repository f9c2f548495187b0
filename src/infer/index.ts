// Entry point of infer/, exported as `sidelane/infer`: drafts a contract from sample payloads. It imports zod.

export { inferContract, type Inferred, type InferOptions } from './infer.ts'
export type { LargeInteger, Skipped } from './read-samples.ts'
