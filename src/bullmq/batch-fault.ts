// Why a batch failed, as the text that BullMQ stores: `failedReason`. The producer makes a SidelaneError of it again.

import { isDataCode, isFaultCode, SidelaneError, type FaultCode } from '../model/index.ts'

/** A fault of one payload of the batch. */
export interface PayloadFault {
  readonly index: number
  readonly error: SidelaneError
}

interface FaultText {
  readonly code: FaultCode
  readonly message: string
  readonly params?: Readonly<Record<string, unknown>>
  /** `[index, code, message]` of each payload without a result. */
  readonly payloads?: readonly unknown[]
}

const maxListed = 100

export function writeFault({ code, message, params }: SidelaneError, faults: readonly PayloadFault[] = []): string {
  const payloads = faults.slice(0, maxListed).map(({ index, error }) => [index, error.code, error.message])
  return JSON.stringify({ code, message, params, ...(payloads.length > 0 && { payloads }) })
}

/** The fault of the batch; for a reason that BullMQ wrote, such as too many stalls, `internal.panic`. */
export function readFault(reason: string): SidelaneError {
  const parsed = parse(reason)
  if (parsed !== undefined) {
    const { code, message, params } = parsed
    return new SidelaneError(code, { message, params })
  }
  return new SidelaneError('internal.panic', {
    message: `The batch failed: ${reason.slice(0, 200)}.`,
    params: { reason: /stalled/.test(reason) ? 'queue.stalled' : 'queue.failed' },
  })
}

/** The faults of single payloads by their index. Entries that no worker of this package wrote are left out. */
export function readPayloadFaults(reason: string): ReadonlyMap<number, SidelaneError> {
  const faults = new Map<number, SidelaneError>()
  for (const entry of parse(reason)?.payloads ?? []) {
    const [index, code, message] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
    if (Number.isSafeInteger(index) && typeof code === 'string' && isFaultCode(code) && typeof message === 'string') {
      faults.set(index as number, new SidelaneError(code, { message }))
    }
  }
  return faults
}

/** undefined for a text that is not one of `writeFault`: other clients of Redis can store any. */
function parse(reason: string): FaultText | undefined {
  try {
    const { code, message, params, payloads } = JSON.parse(reason) as Record<string, unknown>
    if (typeof message !== 'string' || typeof code !== 'string') return undefined
    if (!isFaultCode(code) && !isDataCode(code)) return undefined
    return {
      code: code as FaultCode,
      message,
      ...(typeof params === 'object' && params !== null && { params: params as Record<string, unknown> }),
      ...(Array.isArray(payloads) && { payloads: payloads as readonly unknown[] }),
    }
  } catch {
    return undefined
  }
}
