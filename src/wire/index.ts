// Entry point of wire/: the framed protocol of WIRE.md, without a socket.

export * from './constants.ts'
export * from './frames.ts'
export * from './hello.ts'
export * from './preface.ts'
export { traceFromText, traceIdOf, traceToText } from './trace.ts'
