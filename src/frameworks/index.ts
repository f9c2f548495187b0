// Entry point of frameworks/: HTTP semantics for the adapters, without Node and without a framework.

export { BodyPieces, corrupt, tooLong } from './body-pieces.ts'
export { codingsIn, identity } from './content-coding.ts'
export { isFault } from './is-fault.ts'
export { problemResponse, type HttpResponse, type RequestHead } from './message.ts'
export {
  canonicalOf,
  cannotDecode,
  formFor,
  maxStoredBytes,
  notAcceptable,
  outcomeResponse,
  type OutcomeHolder,
  type Sendable,
} from './outcome-response.ts'
export { processorOf, type AnyProcessor, type Source } from './processor-of.ts'
export { faultLine, receiveFrom, type BodyLimits, type Exchange } from './receive.ts'
export type { HostReceiveOptions, ReceiveOptions } from './receive-options.ts'
export { allowedMethods, takesBody } from './request-checks.ts'
