// URLs as zod 4.6.7 checks them: the WHATWG URL parser decides, except for host names that depend on a Unicode version.
// native/core/src/url is the twin.
//
// A runtime's IDNA tables change with its Unicode version. A host of a special scheme that is not ASCII once its percent
// escapes are decoded, or that has a label beginning with `xn--`, is therefore read by a rule of our own: lower, then NFC
// (both pinned to Unicode 15.0), then each label that is not ASCII coded by RFC 3492. A label `xn--…` is kept as it is.

import { isWellFormed } from '#runtime'
import type { UrlLimits } from '../../model/index.ts'
import { compileMatcher } from './automaton.ts'
import { normalizeString } from './normalize-string.ts'

/** The text as zod gives it on (trimmed, without tab, LF and CR), or undefined when it is no URL that is allowed. */
export type UrlCheck = (text: string) => string | undefined

/** A longer host matches no pattern: DNS has none (RFC 1035), and coding it would take quadratic time. */
const maxHost = 253

/** Schemes whose host is a domain (WHATWG URL, 4.2), but `file`, which has a host only behind exactly two slashes. */
const special = /^(?:https?|wss?|ftp):[/\\]*/i
const file = /^file:[/\\]{2}(?![/\\])/i

/** Forbidden domain code points (WHATWG URL, 3.3) that the coding below can leave in a host. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const forbidden = /[\0- "#%/:<>?@[\\\]^`{|}\x7f\ufffd]/

// oxlint-disable-next-line no-control-regex -- ASCII
const notAscii = /[^\0-\x7f]/

export function compileUrl(limits: UrlLimits): UrlCheck {
  const hostname = limits.hostname && compileMatcher(limits.hostname)
  const protocol = limits.protocol && compileMatcher(limits.protocol)
  // zod asks for slashes beside its own pattern of the scheme.
  const slashes = limits.protocol?.source === '^https?$'
  const isAllowed = (url: URL, host: string): boolean =>
    (!hostname || (host.length <= maxHost && hostname(host))) && (!protocol || protocol(url.protocol.slice(0, -1)))
  return (text) => {
    const trimmed = normalizeString(text, ['trim'])
    if (slashes && !/^https?:\/\//i.test(trimmed)) return undefined
    const output = trimmed.replace(/[\t\n\r]/g, '')
    const input = withoutControls(output)
    const span = hostSpan(input)
    const host = span === undefined ? '' : decodeHost(input.slice(span.from, span.to))
    if (span === undefined || !dependsOnUnicode(host)) {
      if (!URL.canParse(input)) return undefined
      if (!hostname && !protocol) return output
      const url = new URL(input)
      return isAllowed(url, url.hostname) ? output : undefined
    }
    const labels = labelsOf(host)
    if (labels === undefined) return undefined
    // The parser still reads the rest, and whether the host ends in a number; it sees no label that it would decode.
    const plain = labels.map((label) => (dependsOnUnicode(label) ? 'x' : label)).join('.')
    const url = input.slice(0, span.from) + plain + input.slice(span.to)
    if (!URL.canParse(url)) return undefined
    if (!hostname && !protocol) return output
    // A code point has two units at most, and a coded label is longer than its code points.
    if (hostname && labels.join('.').length > 2 * maxHost) return undefined
    return isAllowed(new URL(url), hostname ? codedHost(labels) : '') ? output : undefined
  }
}

/** Without U+0000 to U+0020 at either end, which the parser strips. */
function withoutControls(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && text.charCodeAt(from) <= 0x20) from++
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to--
  return text.slice(from, to)
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
function decodeHost(host: string): string {
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

const dependsOnUnicode = (host: string): boolean => notAscii.test(host) || /(?:^|\.)xn--/i.test(host)

/** The labels of a host in lower case and NFC; undefined when one has a forbidden code point or there is none. */
function labelsOf(host: string): readonly string[] | undefined {
  if (!isWellFormed(host)) return undefined
  const mapped = normalizeString(host, ['lower', 'nfc'])
  if (mapped === '' || forbidden.test(mapped)) return undefined
  const labels = mapped.split('.')
  // It would be coded twice.
  return labels.some((label) => label.startsWith('xn--') && notAscii.test(label)) ? undefined : labels
}

/** The host in ASCII. */
const codedHost = (labels: readonly string[]): string =>
  labels.map((label) => (notAscii.test(label) ? `xn--${punycode(label)}` : label)).join('.')

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
