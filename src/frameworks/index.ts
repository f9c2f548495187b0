// Entry point of frameworks/: HTTP semantics for the adapters, without Node and without a framework.

export { BoundedBytes, tooLong } from './bounded-bytes.ts'
export { identity } from './content-coding.ts'
export { isFault } from './is-fault.ts'
export { problemResponse, type HttpResponse, type RequestHead } from './message.ts'
export {
  canonicalOf,
  cannotDecode,
  formFor,
  maxStoredBytes,
  notAcceptable,
  outcomeResponse,
  type Sendable,
} from './outcome-response.ts'
export { processorOf, type AnyProcessor, type Source } from './processor-of.ts'
export { faultLine, receiveFrom, type BodyLimits, type Exchange, type ReceiveOptions } from './receive.ts'
export { allowedMethods, takesBody } from './request-checks.ts'
