// Accepts a payload as it is: for callers that may process it later, and must not fail now.

import { toFault, withCanonical, type Accepted, type Call, type Via } from '../model/index.ts'
import { payloadBytes } from '../engine/index.ts'

/** Nothing processed it. */
export const viaNone: Via = Object.freeze({ placement: 'none', engine: 'none' })

/** Ends the call with its payload as the body: neither validated nor normalized. A value that is no JSON is rejected. */
export function acceptUnprocessed(call: Call): void {
  try {
    const bytes = payloadBytes(call.payload, call.route.contract.profile)
    if ('ok' in bytes) return call.settle(bytes)
    const body = new Uint8Array(bytes)
    const { length } = body
    const accepted: Accepted = {
      ok: true,
      body,
      codec: 'none',
      digest: null,
      inBytes: length,
      canonicalBytes: length,
      outBytes: length,
    }
    call.via = viaNone
    call.settle(call.canonical ? withCanonical(accepted, body) : accepted)
  } catch (error) {
    call.fail(toFault(error))
  }
}
