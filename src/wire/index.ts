// Entry point of wire/: the framed protocol of WIRE.md, without a socket.

export * from './answer-sizes.ts'
export * from './answers.ts'
export * from './constants.ts'
export * from './frames.ts'
export * from './hello.ts'
export * from './outcome-text.ts'
export * from './preface.ts'
export * from './stored-outcome.ts'
export type { UnavailableReason, ViolationReason } from '../tables/wire-violations.ts'
export { traceFromText, traceIdOf } from './trace.ts'
