// The head of a request beyond what node:http checks: the same verdicts as native/daemon (test/vectors/http).

import type { IncomingMessage } from 'node:http'
import { httpTexts as texts } from '../../tables/daemon-texts.ts'
import { HttpError, malformed, tooLarge, unsupportedVersion } from './http-error.ts'

const maxFields = 64

export interface RequestHead {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Size of the body; 'chunked' when it has no size. */
  readonly length: number | 'chunked'
  /** The client waits for "100 Continue" before it sends the body. */
  readonly expectsContinue: boolean
  /** The client asks for the end of the connection. node:http does not read the option with a tab behind it. */
  readonly closes: boolean
  /** The client offers another protocol. Its offer is ignored, but node:http loses what arrives together with it. */
  readonly isUpgrade: boolean
  /** Values of a field by its name in lower case; none: empty. */
  values(name: string): readonly string[]
}

// RFC 9112 §3.2.2: a server reads the absolute form too. Its authority replaces Host, and neither is used here.
const absoluteForm = /^http:\/\/[^/?]+/i
const closeOption = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i
const visible = /^[\x21-\x7e]+$/

export function readHead(request: IncomingMessage): RequestHead | HttpError {
  const { method = '', url = '', rawHeaders, httpVersionMajor, httpVersionMinor } = request
  if (httpVersionMajor !== 1) return unsupportedVersion
  if (rawHeaders.length > 2 * maxFields) return tooLarge(texts.tooManyFields)
  const path = pathOf(url)
  if (path === undefined) return malformed(texts.target)
  const values = (name: string): readonly string[] => valuesOf(rawHeaders, name)

  const isOld = httpVersionMinor === 0
  const hosts = values('host').length
  if (hosts > 1 || (!isOld && hosts === 0)) return malformed(texts.host)
  const length = lengthOf(values('content-length'), values('transfer-encoding'), isOld)
  if (length instanceof HttpError) return length

  const expectations = isOld ? [] : values('expect')
  if (expectations.some((value) => value.toLowerCase() !== '100-continue')) {
    return new HttpError(417, texts.expectation)
  }
  return {
    method,
    path,
    length,
    expectsContinue: expectations.length > 0 && length !== 0,
    closes: values('connection').some((value) => closeOption.test(value)),
    isUpgrade: values('upgrade').length > 0,
    values,
  }
}

function pathOf(url: string): string | undefined {
  if (!visible.test(url)) return undefined
  const target = url.replace(absoluteForm, '')
  const [path = ''] = target.split('?', 1)
  if (path.startsWith('/')) return path
  return path === '' && target.length < url.length ? '/' : undefined
}

const none: readonly string[] = []

function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  let values: string[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const each = rawHeaders[at] as string
    if (each.length !== name.length || each.toLowerCase() !== name) continue
    if (values === undefined) values = [rawHeaders[at + 1] as string]
    else values.push(rawHeaders[at + 1] as string)
  }
  return values ?? none
}

/** node:http has refused lengths that contradict each other, or a transfer coding. */
function lengthOf(
  lengths: readonly string[],
  codings: readonly string[],
  isOld: boolean,
): number | 'chunked' | HttpError {
  const [coding] = codings
  if (coding !== undefined) {
    if (isOld || codings.length > 1 || coding.toLowerCase() !== 'chunked') {
      return malformed(texts.transferCoding)
    }
    return 'chunked'
  }
  const [length = '0'] = lengths
  return lengths.length > 1 || !/^\d{1,15}$/.test(length) ? malformed(texts.contentLength) : Number(length)
}
