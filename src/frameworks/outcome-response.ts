// The response that carries an outcome: which form of it, and the fields that describe that form.

import type { Accepted, AcceptedCanonical } from '../model/index.ts'
import { frameworkTexts as texts } from '../tables/framework-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { sha256Hex } from '#runtime'
import { chooseCoding, identity, tokenOf } from './content-coding.ts'
import { isFault } from './is-fault.ts'
import { problemResponse, type HttpResponse, type RequestHead } from './message.ts'

/** What a response is made of: an accepted outcome, or its body and codec as read back from a store. */
export type Sendable = Pick<Accepted, 'body' | 'codec'> & Partial<Pick<AcceptedCanonical, 'canonical'>>

/** Outcomes whose codec has no token, by a dictionary. */
const uncoded = new WeakSet<Sendable>()

export const markUncoded = (outcome: Sendable): void => void uncoded.add(outcome)

/** The form to send: a content coding, identity, or undefined where the client accepts none. */
export const formFor = ({ header }: RequestHead, outcome: Sendable): string | undefined =>
  chooseCoding(header('accept-encoding'), tokenFor(outcome))

const tokenFor = (outcome: Sendable): string | undefined => (uncoded.has(outcome) ? undefined : tokenOf(outcome.codec))

/** The canonical form, where the outcome has it at hand. */
export const canonicalOf = ({ canonical, codec, body }: Sendable): Uint8Array | undefined =>
  canonical ?? (codec === 'none' ? body : undefined)

const vary = 'Accept-Encoding'

/** The bytes of a form as a response; 304 where the client of a GET or HEAD has them. */
export function outcomeResponse(head: RequestHead, form: string, bytes: Uint8Array): HttpResponse {
  const digest = base64OfHex(sha256Hex(bytes))
  // A hash of what is sent, so it differs by coding, and by the engine that compressed.
  const etag = `"${digest}"`
  const validators = { ETag: etag, Vary: vary }
  // With other methods the condition is about a resource that only the app knows.
  const isConditional = head.method === 'GET' || head.method === 'HEAD'
  if (isConditional && matches(head.header('if-none-match'), etag)) {
    return { status: 304, headers: validators, body: undefined }
  }
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json',
      ...(form !== identity && { 'Content-Encoding': form }),
      ...validators,
      // RFC 9530: of the representation, which is the coded form. A Content-Digest would change with HEAD and ranges.
      'Repr-Digest': `sha-256=:${digest}:`,
    },
    body: bytes,
  }
}

export function notAcceptable(outcome: Sendable): HttpResponse {
  const coding = tokenFor(outcome)
  return problemResponse('protocol.not_acceptable', {
    detail: coding === undefined ? texts.acceptEncodingIdentity : fillTemplate(texts.acceptEncoding, { coding }),
    headers: { Vary: vary },
  })
}

/** The canonical form of a body from a store is not larger. */
export const maxStoredBytes = 67_108_864

/** True where this runtime lacks the decoder: the canonical form cannot be sent. */
export const cannotDecode = (error: unknown): boolean => isFault(error) && error.code === 'codec.unavailable'

/** Weak comparison (RFC 9110, 13.1.2). */
function matches(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false
  return field.trim() === '*' || [...field.matchAll(/"[^"]*"/g)].some(([tag]) => tag === etag)
}

function base64OfHex(hex: string): string {
  let bytes = ''
  for (let at = 0; at < hex.length; at += 2) bytes += String.fromCharCode(Number.parseInt(hex.slice(at, at + 2), 16))
  return btoa(bytes)
}
