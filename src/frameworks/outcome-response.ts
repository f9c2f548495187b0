// The response that carries an outcome: which form of it, and the fields that describe that form.

import { zstdDictionaryId } from '../engine/index.ts'
import { hasDictionaryMark, invalidOptions, isObject, type Accepted, type Codec } from '../model/index.ts'
import { frameworkTexts as texts, misuseTexts } from '../tables/framework-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'
import { sha256Hex } from '#runtime'
import { chooseCoding, identity, tokenOf } from './content-coding.ts'
import { isFault } from './is-fault.ts'
import { problemResponse, type HttpResponse, type RequestHead } from './message.ts'

/** What a response is made of: an accepted outcome, or what a store has of it. */
export interface Sendable {
  /** The canonical JSON, compressed with `codec`. */
  readonly body: Uint8Array
  /** The codec of the contract. */
  readonly codec: Codec
  /** The canonical JSON. Needed where a dictionary compressed the body. */
  readonly canonical?: Uint8Array | undefined
  /**
   * A dictionary compressed the body, so that no client can read it. An outcome has this by itself: set it for what comes from a
   * store, where the contract has a dictionary.
   */
  readonly dictionary?: boolean | undefined
}

/** Where the adapters of Node keep the outcome of a request. */
export interface OutcomeHolder {
  /** Behind `receive`, the accepted outcome. What `respond` sends may also be set, such as what a store has of one. */
  get sidelane(): Accepted
  set sidelane(value: Sendable | undefined)
}

/**
 * The form to send: a content coding, identity, or undefined where the client accepts none. Throws `options.invalid` for what
 * is no outcome.
 */
export function formFor({ header }: RequestHead, outcome: Sendable): string | undefined {
  if (!isSendable(outcome)) throw invalidOptions(misuseTexts.noOutcome)
  return chooseCoding(header('accept-encoding'), tokenFor(outcome))
}

/** A body of another realm is one too. */
const isSendable = (outcome: Sendable | undefined): boolean =>
  isObject(outcome) && ArrayBuffer.isView(outcome.body) && typeof outcome.codec === 'string'

/** HTTP has no token for a dictionary that the client has not asked for. */
const tokenFor = (outcome: Sendable): string | undefined =>
  usesDictionary(outcome) ? undefined : tokenOf(outcome.codec)

const usesDictionary = (outcome: Sendable): boolean =>
  outcome.dictionary === true ||
  hasDictionaryMark(outcome) ||
  (outcome.codec === 'zstd' && zstdDictionaryId(outcome.body) !== 0)

/** The canonical form, where the outcome has it at hand. Throws `options.invalid` where nothing else can make it. */
export function canonicalOf(outcome: Sendable): Uint8Array | undefined {
  const { canonical, codec, body } = outcome
  if (canonical !== undefined) return canonical
  if (codec === 'none') return body
  if (usesDictionary(outcome)) throw invalidOptions(misuseTexts.dictionary)
  return undefined
}

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
