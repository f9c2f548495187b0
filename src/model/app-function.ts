// A function of the app that processes payloads, such as its code from before, and what it may return.

import { pointerOf } from '../json/index.ts'
import type { Contract } from './contract.ts'
import { isDataCode, stackless, type SidelaneError } from './errors.ts'
import { isKeyword } from './issue.ts'
import { maxIssues, rejected, type Accepted, type Codec, type Issue, type Outcome } from './outcome.ts'
import type { Payload } from './payload.ts'
import type { FallbackCause, SideName } from './via.ts'
import { isBytes } from '../util/typed-array.ts'

/** What a function is told about its call. */
export interface AppCall {
  /** The contract of the call. */
  readonly contract: Contract
  /** Aborted when the call ends before the function does: by its deadline, its signal, or the end of the processor. */
  readonly signal: AbortSignal
  /** What is left of the call's deadline, in ms; undefined: it has none. */
  readonly deadlineMs: number | undefined
  /** The header of W3C Trace Context, as the caller gave it. */
  readonly traceparent: string | undefined
  /** Only in a fallback: why it runs. */
  readonly cause?: FallbackCause
}

/** An issue as sidelane writes it, or as zod does (`path`). */
export interface AppIssue {
  /** A code of sidelane, or the app's own. */
  readonly code?: string | undefined
  /** JSON pointer (RFC 6901). Default: that of `path`, else the document itself. */
  readonly pointer?: string | undefined
  /** Keys and indexes from the root. */
  readonly path?: readonly PropertyKey[] | undefined
  /** The keyword of the schema, as sidelane names it. */
  readonly keyword?: string | undefined
  /** For people; it may quote the payload, so it is never logged. */
  readonly message?: string | undefined
}

/** An accepted payload, as a function returns it: what is missing is filled in. */
export interface AppAccepted {
  /** The payload passed. */
  readonly ok: true
  /** The result, compressed with `codec`. */
  readonly body: Uint8Array
  /** Default: the codec of the contract. */
  readonly codec?: Codec | undefined
  /** Default null. */
  readonly digest?: string | null | undefined
  /** The result before compression. */
  readonly canonical?: Uint8Array | undefined
}

/** A rejected payload, as a function returns it: what is missing is filled in. */
export interface AppRejected {
  /** The payload is invalid. */
  readonly ok: false
  /** Default: that of the first issue if it is one of sidelane's, else `app.failed`. */
  readonly code?: string | undefined
  /** Of sidelane, or of zod. Default: none. */
  readonly issues?: readonly AppIssue[] | undefined
}

/** What a function returns: an outcome, of which most fields may be missing. */
export type AppOutcome = AppAccepted | AppRejected

/**
 * Processes a payload as the call site gave it. Throwing means that it failed. It may take one of the types only, if the call
 * site gives no other.
 */
export type AppFunction<In = unknown> = AppCode<Payload<In>>['process']

export interface AppCode<P> {
  // The parameters of a method are compared in both directions, so that code from before fits as it is.
  process(payload: P, call: AppCall): AppOutcome | void | Promise<AppOutcome | void>
}

/** How a function failed. */
type AppFailure = 'threw' | 'result'

/** `side`: whose function it is. The cause is the app's own error: it may quote the payload, so the message does not. */
export function appFunctionFault(
  side: SideName | 'fallback',
  failure: AppFailure,
  detail: string,
  cause?: unknown,
): SidelaneError {
  // The cause has the stack that matters.
  return stackless('app.threw', {
    message: `The function of the ${side} ${detail}`,
    params: { side, failure },
    ...(cause !== undefined && { cause }),
  })
}

const codecs: readonly string[] = ['gzip', 'deflate', 'deflate-raw', 'zstd', 'brotli', 'none'] satisfies Codec[]

/** The complete outcome, or how the returned value is none: completes "The function of the baseline …". */
export function outcomeOf(given: unknown, contract: Contract, inBytes: number): Outcome | string {
  if (typeof given !== 'object' || given === null) return `returned ${nameOf(given)}, not an outcome { ok, … }.`
  const { ok } = given as { ok?: unknown }
  if (ok === true) return acceptedOf(given as { [key: string]: unknown }, contract, inBytes)
  if (ok === false) return rejectedOf(given as { [key: string]: unknown })
  return `returned an object whose \`ok\` is ${nameOf(ok)}, not true or false.`
}

function acceptedOf(
  { body, codec, digest, canonical }: { readonly [key: string]: unknown },
  { profile }: Contract,
  inBytes: number,
): Outcome | string {
  if (!isBytes(body)) return `returned a \`body\` that is ${nameOf(body)}, not a Uint8Array.`
  const used = codec ?? profile.compress.codec
  if (typeof used !== 'string' || !codecs.includes(used)) return 'returned an unknown `codec`.'
  if (digest !== undefined && digest !== null && typeof digest !== 'string') {
    return `returned a \`digest\` that is ${nameOf(digest)}, not a text or null.`
  }
  if (canonical !== undefined && !isBytes(canonical)) {
    return `returned a \`canonical\` that is ${nameOf(canonical)}, not a Uint8Array.`
  }
  const accepted: Accepted = {
    ok: true,
    body,
    codec: used as Codec,
    digest: digest ?? null,
    inBytes,
    // 0: not known without decompressing the body.
    canonicalBytes: canonical?.length ?? (used === 'none' ? body.length : 0),
    outBytes: body.length,
  }
  return canonical === undefined ? accepted : Object.assign(accepted, { canonical })
}

function rejectedOf({ code, issues = [] }: { readonly [key: string]: unknown }): Outcome | string {
  if (!Array.isArray(issues)) return `returned \`issues\` that are ${nameOf(issues)}, not an array.`
  const list: Issue[] = []
  for (const issue of issues.slice(0, maxIssues) as unknown[]) {
    if (typeof issue !== 'object' || issue === null) return `returned an issue that is ${nameOf(issue)}.`
    list.push(issueOf(issue))
  }
  if (code !== undefined && (typeof code !== 'string' || !isDataCode(code))) {
    return 'returned a `code` that no rejected outcome has.'
  }
  return rejected(code ?? list[0]?.code ?? 'app.failed', list, issues.length > maxIssues)
}

function issueOf({ code, pointer, path, keyword, message }: AppIssue): Issue {
  const where = typeof pointer === 'string' ? pointer : pointerOf(Array.isArray(path) ? path.map(keyOf) : [])
  if (typeof code === 'string' && isDataCode(code) && code !== 'app.failed') {
    return {
      code,
      pointer: where,
      ...(typeof keyword === 'string' && isKeyword(keyword) && { keyword }),
    }
  }
  return {
    code: 'app.failed',
    pointer: where,
    ...(typeof code === 'string' && { check: code }),
    ...(typeof message === 'string' && { message }),
  }
}

const keyOf = (key: unknown): string | number => (typeof key === 'number' ? key : String(key))

const nameOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : typeof value
}
