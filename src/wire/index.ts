// Entry point of wire/: the framed protocol of WIRE.md, without a socket.

export * from './constants.ts'
export { addControlFrame, addPreface } from './control-frame.ts'
export { FrameDecoder, isOutcomeOf, type FrameSink } from './decoder.ts'
export { FrameHeader, writeFrameHeader, writeResponseHeader } from './frame-header.ts'
export * from './hello.ts'
export { keyFingerprint, noKeyFingerprint } from './key-fingerprint.ts'
export { readPreface, writePreface } from './preface.ts'
export { traceFromText, traceIdOf, traceToText } from './trace.ts'
