// The door of wire/: the framed protocol of WIRE.md, without a socket. Who sends what when is for placement/sidecar and
// server/.

export { writeAnswerHead } from './response-header.ts'
export * from './constants.ts'
export { addControlFrame, addPreface } from './control-frame.ts'
export { FrameDecoder, isOutcomeOf, type FrameSink } from './decoder.ts'
export { Head, writeHead } from './frame-header.ts'
export * from './hello.ts'
export { keyFingerprint, noKeyFingerprint } from './key-fingerprint.ts'
export { readPreface, writePreface } from './preface.ts'
export { traceFromText, traceIdOf, traceToText } from './trace.ts'
