// Content codings (RFC 9110, 8.4 and 12.5.3): the token of a codec, and which form of a response a client accepts.

import type { Codec } from '../model/index.ts'

/** The bytes as they are, without a Content-Encoding. */
export const identity = 'identity'

const tokens: Readonly<Partial<Record<Codec, string>>> = {
  gzip: 'gzip',
  deflate: 'deflate',
  brotli: 'br',
  zstd: 'zstd',
}

/** The registered token; undefined for deflate-raw, which HTTP cannot name, and for none. */
export const tokenOf = (codec: Codec): string | undefined => tokens[codec]

/** The codings of a field, outermost last, in lower case. */
export const codingsIn = (field: string): string[] =>
  field
    .split(',')
    .map((item) => canonicalToken(item.trim().toLowerCase()))
    .filter((coding) => coding !== '')

/** `x-gzip` is another name of gzip. */
const canonicalToken = (token: string): string => (token === 'x-gzip' ? 'gzip' : token)

/**
 * The form to send: `token`, `identity`, or undefined where the client forbids both. `accepted` is the value of
 * Accept-Encoding. Without the field a server may send any coding, but a client that does not ask rarely decodes.
 */
export function chooseCoding(accepted: string | undefined, token: string | undefined): string | undefined {
  if (accepted === undefined) return identity
  const weights = weightsIn(accepted)
  const other = weights.get('*')
  const coded = token === undefined ? 0 : (weights.get(token) ?? other ?? 0)
  // Acceptable unless it is forbidden, by name or by "*;q=0". A client that does not name it prefers what it names.
  const plain = weights.get(identity) ?? (other === 0 ? 0 : leastWeight)
  if (coded > 0 && coded >= plain) return token
  if (plain > 0) return identity
  return undefined
}

const leastWeight = 0.0001
const quality = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/** The weight of each coding; items that are no codings are ignored. */
function weightsIn(field: string): Map<string, number> {
  const weights = new Map<string, number>()
  for (const item of field.split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    const [weight = 'q=1', ...more] = parameters
    const value = /^q\s*=\s*(.*)$/.exec(weight)?.[1] ?? ''
    if (name === '' || more.length > 0 || !quality.test(value)) continue
    const coding = canonicalToken(name)
    if (!weights.has(coding)) weights.set(coding, Number(value))
  }
  return weights
}
