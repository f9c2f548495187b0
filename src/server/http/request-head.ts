// The head of a request, from its bytes: strict, and the same verdicts as native/daemon (test/vectors/http). What the
// request asks for is decided in routes.ts.

import { HttpFault, malformed, tooLarge } from './http-error.ts'

const maxHeadBytes = 8192
const maxFields = 64

const lf = 10
const cr = 13

export interface RequestHead {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The body's size; 'chunked' when only its end tells. */
  readonly length: number | 'chunked'
  /** The client waits for "100 Continue" before it sends the body. */
  readonly expectsContinue: boolean
  /** The connection ends with the answer. */
  readonly close: boolean
  /** Values of a field by its name in lower case; none: empty. */
  values(name: string): readonly string[]
}

/** Finds the end of a head that grows: each byte is looked at once. */
export class HeadScanner {
  #at = 0
  /** Bytes of the line so far. */
  #line = 0

  /** The size of the head with its empty line; undefined: not all there. */
  scan(bytes: Uint8Array): number | HttpFault | undefined {
    for (; this.#at < bytes.length; this.#at++) {
      if (this.#at === maxHeadBytes) return tooLarge(`The head has more than ${maxHeadBytes} bytes.`)
      if (bytes[this.#at] !== lf) {
        this.#line++
        continue
      }
      if (bytes[this.#at - 1] !== cr) return malformed('A line ends with a bare LF.')
      if (this.#line === 1) return this.#at + 1
      this.#line = 0
    }
    return undefined
  }
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/
// Bytes beyond ASCII may stand in a value, controls may not.
const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/
const closeToken = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i

/** A field line as name in lower case and value; undefined for one that is malformed. */
export function readField(line: string): readonly [string, string] | undefined {
  const match = field.exec(line)
  return match === null ? undefined : [(match[1] as string).toLowerCase(), (match[2] as string).replace(/[ \t]+$/, '')]
}

/** `text`: the head in Latin-1, with its empty line. */
export function readHead(text: string): RequestHead | HttpFault {
  const [first = '', ...lines] = text.slice(0, -4).split('\r\n')
  const line = requestLine.exec(first)
  if (line === null) return malformed('The request line is malformed.')
  const [, method = '', target = '', major, minor] = line
  if (major !== '1' || (minor !== '1' && minor !== '0')) return new HttpFault(505, 'Only HTTP/1.1 is spoken here.')
  if (!target.startsWith('/')) return malformed('The target does not begin with a slash.')
  if (lines.length > maxFields) return tooLarge(`There are more than ${maxFields} header fields.`)

  const fields = new Map<string, string[]>()
  for (const each of lines) {
    const pair = readField(each)
    if (pair === undefined) return malformed('A header field is malformed.')
    const known = fields.get(pair[0])
    if (known === undefined) fields.set(pair[0], [pair[1]])
    else known.push(pair[1])
  }
  const values = (name: string): readonly string[] => fields.get(name) ?? []

  const old = minor === '0'
  const hosts = values('host')
  if (hosts.length > 1 || (!old && (hosts[0] ?? '') === '')) return malformed('Expected one Host.')
  const length = readLength(values('content-length'), values('transfer-encoding'), old)
  if (length instanceof HttpFault) return length

  const expectations = old ? [] : values('expect')
  if (expectations.some((value) => value.toLowerCase() !== '100-continue')) {
    return new HttpFault(417, 'Nothing but 100-continue can be expected.')
  }
  return {
    method,
    path: target.split('?', 1)[0] as string,
    length,
    expectsContinue: expectations.length > 0 && length !== 0,
    close: old || values('connection').some((value) => closeToken.test(value)),
    values,
  }
}

function readLength(
  lengths: readonly string[],
  codings: readonly string[],
  old: boolean,
): number | 'chunked' | HttpFault {
  if (codings.length > 0) {
    if (lengths.length > 0) return malformed('Content-Length and Transfer-Encoding exclude each other.')
    if (old || codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
      return malformed('The only transfer coding is one "chunked".')
    }
    return 'chunked'
  }
  if (lengths.length === 0) return 0
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] as string)) return malformed('Content-Length is malformed.')
  return Number(lengths[0])
}
