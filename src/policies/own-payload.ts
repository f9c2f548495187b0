// A payload that is read again later: by a fallback, or by the other side of a rollout. The caller may change its bytes as soon
// as `process` has returned.

import { toFault, type Call, type Layer, type Rejected, type Route } from '../model/index.ts'

/**
 * Copies bytes that the caller holds too. Text is immutable; a value is serialized before, or stays the caller's. The copy of
 * a Buffer is a Buffer: old code may call its methods.
 */
export function keepPayload(call: Call): void {
  if (call.ownsPayload) return
  call.ownsPayload = true
  if (call.payload instanceof Uint8Array) call.payload = Uint8Array.prototype.slice.call(call.payload)
}

/** Serializes a value once for all paths: each of them gets text, or bytes. */
export const serializeValues =
  (bytesOf: (payload: unknown, route: Route) => Uint8Array | Rejected): Layer =>
  (inner) =>
  (call) => {
    const { payload } = call
    if (typeof payload !== 'string') {
      let bytes: Uint8Array | Rejected
      try {
        bytes = bytesOf(payload, call.route)
      } catch (error) {
        return call.fail(toFault(error))
      }
      if ('ok' in bytes) return call.settle(bytes)
      call.payload = bytes
    }
    inner(call)
  }
