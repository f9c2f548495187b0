// One request, from its head to an accepted outcome or to the response that refuses it.

import { SidelaneError, toFault, type Accepted, type Contract, type ErrorCode } from '../model/index.ts'
import { chooseCoding, identity, tokenOf } from './content-coding.ts'
import { isFault } from './is-fault.ts'
import { problemResponse, type HttpResponse, type RequestHead } from './message.ts'
import type { AnyProcessor } from './processor-of.ts'
import type { ReceiveOptions } from './receive-options.ts'
import { checkHead, mostBytesOf, sizeProblem, type BodyCoding } from './request-checks.ts'

/** A request as the adapter of its framework reads it. */
export interface Exchange {
  readonly head: RequestHead
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
  /** Whether this runtime can read gzip. */
  readonly readsGzip: boolean
  /** The decoded body. Rejects with `limit.bytes`, or with a fault: `cancelled` where the client is gone. */
  readonly read: (limits: BodyLimits) => Promise<Uint8Array>
}

export interface BodyLimits {
  readonly coding: BodyCoding
  /** Of the decoded body. */
  readonly maxBytes: number
  /** Of the body as it arrives. */
  readonly maxRawBytes: number
}

/** Never rejects. */
export async function receiveFrom(
  processor: AnyProcessor,
  exchange: Exchange,
  options: ReceiveOptions,
): Promise<Accepted | HttpResponse> {
  const { head, signal, readsGzip } = exchange
  const { contract } = processor
  const { maxBytes } = contract.profile.limits
  const coding = checkHead(head, { maxBytes, readsGzip })
  if (typeof coding !== 'string') return coding
  // The body is not read in vain.
  if (processor.state !== 'ready') return problemResponse('unavailable')
  try {
    const payload = await exchange.read({ coding, maxBytes, maxRawBytes: mostBytesOf(coding, maxBytes) })
    const outcome = await processor.process(payload, {
      signal,
      deadlineMs: options.deadlineMs,
      traceparent: head.header('traceparent'),
      canonical: needsCanonical(contract, head) ? true : undefined,
    })
    return outcome.ok ? outcome : problemResponse(outcome.code, outcome)
  } catch (error) {
    if (signal.aborted) return problemResponse('cancelled')
    return isFault(error) && error.code === 'limit.bytes' ? sizeProblem(maxBytes) : faultResponse(error, options)
  }
}

/** Whether `respond` sends the canonical form: to this client, or to each one, now and from a store. */
const needsCanonical = ({ profile: { compress, dictionary } }: Contract, { header }: RequestHead): boolean =>
  dictionary !== undefined || chooseCoding(header('accept-encoding'), tokenOf(compress.codec)) === identity

/** What a client can cause, or wait for. The status of any other code is about this server's own peers and options. */
const clientCodes: ReadonlySet<ErrorCode> = new Set([
  'codec.corrupt',
  'overloaded',
  'unavailable',
  'deadline.exceeded',
  'cancelled',
])

function faultResponse(error: unknown, { onError = printFault }: ReceiveOptions): HttpResponse {
  const fault = isFault(error) ? error : withCause(error)
  const { code, retryAfterMs } = fault
  if (clientCodes.has(code)) return problemResponse(code, { retryAfterMs })
  onError(fault)
  return problemResponse(code, { status: 500 })
}

const printFault = (fault: SidelaneError): void => console.error(`sidelane: ${faultLine(fault)}`)

/** For a log: the kind and the place of the cause, but not its message, which may quote the payload. */
export function faultLine({ code, message, cause }: SidelaneError): string {
  if (cause === undefined) return `${code}: ${message}`
  const { name, at } = toFault(cause).params ?? {}
  const kind = isFault(cause) ? cause.code : String(name)
  return `${code}: ${message} (${kind}${typeof at === 'string' ? ` at ${at}` : ''})`
}

const withCause = (cause: unknown): SidelaneError => {
  const { code, message, params = {} } = toFault(cause)
  return new SidelaneError(code, { message, params, cause })
}
