// From the bytes of a worker's answer to the end of a call.

import { decodeOutcome, SidelaneError, toFault, type Call } from '../../model/index.ts'

/** Settles the call with the outcome at `at` of `source`; undefined: the worker gave none. */
export function settleFrom(source: Uint8Array | undefined, at: number, call: Call): void {
  if (call.settled) return
  try {
    if (source === undefined) throw new SidelaneError('internal.panic', { message: 'The worker left a payload out.' })
    call.settle(decodeOutcome(source, at, call.contract.profile.compress.codec))
  } catch (error) {
    call.fail(toFault(error))
  }
}
