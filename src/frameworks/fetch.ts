// Entry point `sidelane/fetch`: from a Request to an outcome, and from an outcome to a Response. For Hono, Next, workers,
// Bun and Deno; runs without Node.

import { decompress } from '../engine/index.ts'
import {
  invalidOptions,
  type Accepted,
  type Host,
  type Processor,
  type ProcessOutcome,
  type Rejected,
} from '../model/index.ts'
import { misuseTexts } from '../tables/framework-texts.ts'
import {
  canonicalOf,
  cannotDecode,
  formFor,
  identity,
  isFault,
  maxStoredBytes,
  notAcceptable,
  outcomeResponse,
  problemResponse,
  processorOf,
  receiveFrom,
  type AnyProcessor,
  type HostReceiveOptions,
  type HttpResponse,
  type ReceiveOptions,
  type RequestHead,
  type Sendable,
  type Source,
} from './index.ts'
import { expandBytes, expandsOnTheWeb, readsGzip, readWebBody } from './web-body.ts'

export type { HostReceiveOptions, ReceiveOptions, Sendable } from './index.ts'

/** An accepted outcome of a processor. */
export type AcceptedBy<Out, C extends boolean, A extends boolean> = Exclude<ProcessOutcome<Out, C, A>, Rejected>

/**
 * Processes the body of a POST, PUT or PATCH. Resolves with the accepted outcome, or with the Response that refuses the
 * request: a problem (RFC 9457). Rejects with `options.invalid` when the body was read before, and with `contract.*` for a
 * contract that the processor does not serve.
 */
export async function receive<In, Out, C extends boolean, A extends boolean>(
  processor: Processor<In, Out, C, A>,
  request: Request,
  options?: ReceiveOptions,
): Promise<AcceptedBy<Out, C, A> | Response>
/** With a host: `contract` selects the processor. */
export async function receive<In, Out>(
  host: Host,
  request: Request,
  options: HostReceiveOptions<In, Out>,
): Promise<Accepted | Response>
export async function receive(source: Source, request: Request, options: ReceiveOptions = {}): Promise<unknown> {
  const processor = openFor(source, options)
  if ('status' in processor) return toResponse(request, processor)
  const { signal, body } = request
  if (request.bodyUsed || body?.locked === true) throw invalidOptions(misuseTexts.bodyRead)
  const exchange = { head: headOf(request), signal, readsGzip, read: readWebBody(body, signal) }
  const result = await receiveFrom(processor, exchange, options)
  return 'ok' in result ? result : toResponse(request, result)
}

/** Unlike the other adapters, this one opens a processor during a request: its host may have closed by then. */
function openFor(source: Source, options: ReceiveOptions): AnyProcessor | HttpResponse {
  try {
    return processorOf(source, options)
  } catch (error) {
    if (isFault(error) && error.code === 'unavailable') return problemResponse('unavailable')
    throw error
  }
}

/**
 * The Response for an outcome: the canonical JSON in the coding of the contract, or uncoded for a client that does not
 * accept it; 304 where the client of a GET or HEAD has it. A Response is returned as it is, so that
 * `respond(request, await receive(processor, request))` is a whole handler.
 */
export async function respond(request: Request, outcome: Sendable | Response): Promise<Response> {
  if (outcome instanceof Response) return outcome
  const head = headOf(request)
  const form = formFor(head, outcome)
  if (form === undefined) return toResponse(request, notAcceptable(outcome))
  if (form !== identity) return toResponse(request, outcomeResponse(head, form, outcome.body))
  const canonical = canonicalOf(outcome) ?? (await decompressStored(outcome))
  return toResponse(request, canonical === undefined ? notAcceptable(outcome) : outcomeResponse(head, form, canonical))
}

/** undefined: this runtime cannot read the codec. */
async function decompressStored({ body, codec }: Sendable): Promise<Uint8Array | undefined> {
  try {
    return decompress(body, codec, { maxBytes: maxStoredBytes })
  } catch (error) {
    if (!cannotDecode(error)) throw error
    return expandsOnTheWeb(codec) ? expandBytes(body, codec, maxStoredBytes) : undefined
  }
}

const headOf = ({ method, headers }: Request): RequestHead => ({
  method,
  header: (name) => headers.get(name) ?? undefined,
})

function toResponse({ method }: Request, { status, headers, body }: HttpResponse): Response {
  const init = {
    status,
    headers: { ...headers, ...(body !== undefined && { 'Content-Length': String(body.length) }) },
    // Cloudflare Workers would compress the body once more. Other runtimes do not know the member.
    encodeBody: 'manual',
  }
  return new Response(method === 'HEAD' ? null : ((body ?? null) as ConstructorParameters<typeof Response>[0]), init)
}
