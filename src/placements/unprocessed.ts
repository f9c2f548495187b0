// Accepts a payload as it is: for callers that may process it later, and must not fail now.

import {
  SidelaneError,
  toFault,
  withCanonical,
  type Accepted,
  type Call,
  type Contract,
  type Via,
} from '../model/index.ts'
import { documentReader, payloadBytes } from '../engine/index.ts'

/** Nothing processed it. */
export const viaNone: Via = Object.freeze({ placement: 'none', engine: 'none' })

/** Ends the call with its payload as the body: neither validated nor normalized. A value that is no JSON is rejected. */
export function acceptUnprocessed(call: Call): void {
  const bytes = call.readPayload(payloadBytes)
  if (bytes === undefined) return
  try {
    const { contract } = call.route
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
    call.settle(call.canonical ? { ...withCanonical(accepted, body), value: () => valueOf(body, contract) } : accepted)
  } catch (error) {
    call.fail(toFault(error))
  }
}

/** No engine has refused what is ambiguous, such as a key that is there twice. */
function valueOf(payload: Uint8Array, contract: Contract): unknown {
  const { check, read } = documentReader(contract)
  const rejection = check(payload)
  if (rejection !== undefined) throw new SidelaneError(rejection.code)
  return read(payload)
}
