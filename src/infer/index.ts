// The door of infer/, and the entry `sidelane/infer`: a draft of a contract from sample payloads. It loads zod.

export { inferContract, type Inferred, type InferOptions, type Skipped } from './infer.ts'
