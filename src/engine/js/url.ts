// URLs as zod 4.6.7 checks them: the WHATWG URL parser decides, except for host names that depend on a Unicode version.
// native/core/src/url.rs is the twin.
//
// A runtime's IDNA tables change with its Unicode version. A host of a special scheme that is not ASCII once its percent
// escapes are decoded, or that has a label beginning with `xn--`, is therefore read by a rule of our own: lower, then NFC
// (both pinned to Unicode 15.0), then each label that is not ASCII coded by RFC 3492. A label `xn--…` is kept as it is.

import { isWellFormed } from '#runtime'
import { normalizeString } from './normalize-string.ts'

export interface UrlOptions {
  /** Tests `URL.hostname`: the host in ASCII, lower case. */
  readonly hostname?: ((hostname: string) => boolean) | undefined
  /** Tests `URL.protocol` without its colon. */
  readonly protocol?: ((protocol: string) => boolean) | undefined
  /** `http://` or `https://` must be written out: what zod asks for beside its own http protocol. */
  readonly slashes?: boolean | undefined
}

/** Schemes whose host is a domain (WHATWG URL, 4.2), but `file`, which has a host only behind exactly two slashes. */
const special = /^(?:https?|wss?|ftp):[/\\]*/i
const file = /^file:[/\\]{2}(?![/\\])/i

/** U+0000 to U+0020: the parser strips them at both ends. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const edges = /^[\0- ]+|[\0- ]+$/g

/** Forbidden domain code points (WHATWG URL, 3.3) that the coding below can leave in a host. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const forbidden = /[\0- "#%/:<>?@[\\\]^`{|}\x7f\ufffd]/

/** The text as zod gives it on (trimmed, without tab, LF and CR), or undefined when it is no URL. */
export function checkUrl(text: string, { hostname, protocol, slashes }: UrlOptions): string | undefined {
  const trimmed = normalizeString(text, ['trim'])
  if (slashes === true && !/^https?:\/\//i.test(trimmed)) return undefined
  const output = trimmed.replace(/[\t\n\r]/g, '')
  const input = output.replace(edges, '')
  const span = hostSpan(input)
  const decoded = span && decodeHost(input.slice(span.from, span.to))
  if (span === undefined || decoded === undefined || !dependsOnUnicode(decoded)) {
    if (!URL.canParse(input)) return undefined
    if (hostname === undefined && protocol === undefined) return output
    const url = new URL(input)
    return (hostname?.(url.hostname) ?? true) && (protocol?.(url.protocol.slice(0, -1)) ?? true) ? output : undefined
  }
  const ascii = toAscii(decoded)
  if (ascii === undefined) return undefined
  // The parser still reads the rest, and whether the host ends in a number; it sees no label that it would decode.
  const plain = input.slice(0, span.from) + ascii.replace(/(^|\.)xn--[^.]*/g, '$1x') + input.slice(span.to)
  if (!URL.canParse(plain)) return undefined
  return (hostname?.(ascii) ?? true) && (protocol?.(new URL(plain).protocol.slice(0, -1)) ?? true) ? output : undefined
}

interface Span {
  readonly from: number
  readonly to: number
}

/** Where the host of a special scheme stands; undefined where there is none, or an IPv6 address. */
function hostSpan(input: string): Span | undefined {
  const start = (special.exec(input) ?? file.exec(input))?.[0].length
  if (start === undefined) return undefined
  const length = input.slice(start).search(/[/\\?#]/)
  const end = length < 0 ? input.length : start + length
  const isFile = /^file/i.test(input)
  const from = isFile ? start : start + input.slice(start, end).lastIndexOf('@') + 1
  if (input[from] === '[') return undefined
  const port = isFile ? -1 : input.slice(from, end).indexOf(':')
  return { from, to: port < 0 ? end : from + port }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Percent-decodes; bytes that are not UTF-8 become U+FFFD, which no host may have. */
function decodeHost(host: string): string | undefined {
  if (!host.includes('%')) return host
  const bytes: number[] = []
  for (let i = 0; i < host.length; i++) {
    const hex = host[i] === '%' && /^[0-9a-f]{2}/i.exec(host.slice(i + 1, i + 3))?.[0]
    if (hex) {
      bytes.push(Number.parseInt(hex, 16))
      i += 2
    } else {
      const char = String.fromCodePoint(host.codePointAt(i) as number)
      bytes.push(...new TextEncoder().encode(char))
      i += char.length - 1
    }
  }
  return decoder.decode(Uint8Array.from(bytes))
}

// oxlint-disable-next-line no-control-regex -- ASCII
const dependsOnUnicode = (host: string): boolean => /[^\0-\x7f]/.test(host) || /(?:^|\.)xn--/i.test(host)

/** The host in ASCII, or undefined when it has a forbidden code point or no label. */
function toAscii(host: string): string | undefined {
  if (!isWellFormed(host)) return undefined
  const mapped = normalizeString(host, ['lower', 'nfc'])
  const labels = mapped.split('.')
  // oxlint-disable-next-line no-control-regex -- ASCII
  const coded = labels.map((label) => (/[^\0-\x7f]/.test(label) ? `xn--${punycode(label)}` : label))
  const codedTwice = coded.some((label) => label.startsWith('xn--xn--'))
  const ascii = coded.join('.')
  return ascii === '' || codedTwice || forbidden.test(mapped) ? undefined : ascii
}

/** RFC 3492, section 6.3. */
function punycode(label: string): string {
  const points = Array.from(label, (char) => char.codePointAt(0) as number)
  let output = points
    .filter((point) => point < 0x80)
    .map((point) => String.fromCharCode(point))
    .join('')
  const basic = output.length
  if (basic > 0) output += '-'
  let [n, delta, bias, handled] = [128, 0, 72, basic]
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= n))
    delta += (next - n) * (handled + 1)
    n = next
    for (const point of points) {
      if (point < n) delta++
      if (point !== n) continue
      let q = delta
      for (let k = 36; ; k += 36) {
        const t = k <= bias ? 1 : Math.min(26, k - bias)
        if (q < t) break
        output += digit(t + ((q - t) % (36 - t)))
        q = Math.floor((q - t) / (36 - t))
      }
      output += digit(q)
      bias = adapt(delta, handled + 1, handled === basic)
      delta = 0
      handled++
    }
    delta++
    n++
  }
  return output
}

const digit = (value: number): string => String.fromCharCode(value < 26 ? value + 0x61 : value + 0x16)

function adapt(delta: number, count: number, first: boolean): number {
  let rest = first ? Math.floor(delta / 700) : delta >> 1
  rest += Math.floor(rest / count)
  let k = 0
  for (; rest > 455; k += 36) rest = Math.floor(rest / 35)
  return k + Math.floor((36 * rest) / (rest + 38))
}
