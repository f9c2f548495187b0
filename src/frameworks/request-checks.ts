// What a request is refused for before its body is read.

import { rejectedSize } from '../model/index.ts'
import { frameworkTexts } from '../tables/framework-texts.ts'
import { httpTexts } from '../tables/daemon-texts.ts'
import { codingsIn, identity } from './content-coding.ts'
import { problemResponse, type HttpResponse, type RequestHead } from './message.ts'

/** How the body of a request is coded. */
export type BodyCoding = 'identity' | 'gzip'

/** A stream of empty deflate blocks has no content and no end. */
const slackBytes = 65_536

/** Most bytes that the body of an acceptable payload has on its way: gzip makes incompressible content a little longer. */
export const mostBytesOf = (coding: BodyCoding, maxBytes: number): number =>
  coding === 'gzip' ? maxBytes + slackBytes : maxBytes

const jsonType = /^application\/(?:json|[\w!#$&^.+-]+\+json)$/i
const methods = ['POST', 'PUT', 'PATCH']

/** False for methods whose requests have no content to process: GET, HEAD, OPTIONS, DELETE … */
export const takesBody = (method: string): boolean => methods.includes(method)

export const allowedMethods: string = methods.join(', ')

export interface CheckOptions {
  readonly maxBytes: number
  /** Whether this runtime can read gzip. */
  readonly readsGzip: boolean
}

/** The coding of the body, or why the request is refused. */
export function checkHead({ method, header }: RequestHead, options: CheckOptions): BodyCoding | HttpResponse {
  if (!takesBody(method)) return problemResponse('protocol.method', { headers: { Allow: allowedMethods } })
  // Also the defence against forged requests: a browser sends JSON across origins only after it has asked.
  const [type = ''] = (header('content-type') ?? '').split(';')
  if (!jsonType.test(type.trim())) {
    return problemResponse('protocol.media_type', {
      detail: frameworkTexts.contentType,
      headers: { Accept: 'application/json' },
    })
  }
  const coding = codingOf(header('content-encoding'), options.readsGzip)
  if (coding === undefined) return unknownCoding(options.readsGzip)
  const length = Number(header('content-length') ?? 0)
  return length > mostBytesOf(coding, options.maxBytes) ? sizeProblem(options.maxBytes) : coding
}

/** The response to a payload of more than `maxBytes`. */
export const sizeProblem = (maxBytes: number): HttpResponse => problemResponse('limit.bytes', rejectedSize(maxBytes))

function codingOf(field = '', readsGzip: boolean): BodyCoding | undefined {
  const [coding = identity, ...more] = codingsIn(field)
  if (more.length > 0) return undefined
  if (coding === identity) return identity
  return coding === 'gzip' && readsGzip ? 'gzip' : undefined
}

const unknownCoding = (readsGzip: boolean): HttpResponse =>
  problemResponse('codec.unknown', {
    detail: readsGzip ? frameworkTexts.contentEncoding : httpTexts.contentEncoding,
    headers: { 'Accept-Encoding': readsGzip ? 'gzip, identity' : identity },
  })
