// One result of `sidelane process`, checked: what it says about itself must be so. Files and streams are not here.

import { SidelaneError, type Codec, type Contract } from '../model/index.ts'
import { decompress } from '../engine/index.ts'
import { verify } from '../engine/index.ts'

/** What is wrong with a result. Stable codes, for programs. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export interface InspectorOptions {
  readonly contract: Contract | undefined
  /** The digests are keyed with it. */
  readonly key: Uint8Array | undefined
  /** Most bytes that one payload may decompress to. */
  readonly maxBytes: number
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Most bytes of a line or a body that can hold so much: base64 adds a third, and a codec little where it fails. */
export const mostBytes = (maxBytes: number): number => 2 * maxBytes + 4096

const canonicalMember = ',"canonical":'

export class Inspector {
  /** Sound results that had no digest to verify. */
  unverified = 0
  readonly #options: InspectorOptions

  constructor(options: InspectorOptions) {
    this.#options = options
  }

  /** The canonical JSON of a result line, or of one that could not be read. Throws Problem. */
  line(bytes: Uint8Array | SidelaneError): Uint8Array {
    const { maxBytes, contract } = this.#options
    if (!(bytes instanceof Uint8Array))
      throw new Problem('limit.output', `The line is too long for --max-bytes ${maxBytes}.`)
    const { text, fields } = readLine(bytes)
    const { codec, digest, canonicalBytes, outBytes } = readFields(fields)
    if (contract !== undefined && contract.profile.compress.codec !== codec)
      throw new Problem(
        'codec.mismatch',
        `The contract's codec is "${contract.profile.compress.codec}", not "${codec}".`,
      )
    if (canonicalBytes > maxBytes)
      throw new Problem('limit.output', `The payload has ${canonicalBytes} bytes; --max-bytes is ${maxBytes}.`)
    const canonical =
      'canonical' in fields ? memberOf(text) : this.#open(bodyOf(fields, outBytes), codec, canonicalBytes)
    if (canonical.length !== canonicalBytes)
      throw new Problem('size.mismatch', `The content has ${canonical.length} bytes, not ${canonicalBytes}.`)
    return this.#checked(canonical, digest)
  }

  /** The canonical JSON of a raw body; `digest` undefined is not verified. Throws Problem. */
  body(body: Uint8Array, codec: Codec, digest: string | undefined): Uint8Array {
    const { maxBytes } = this.#options
    if (body.length > mostBytes(maxBytes))
      throw new Problem('limit.output', `The body is too long for --max-bytes ${maxBytes}.`)
    return this.#checked(this.#open(body, codec), digest)
  }

  /** `said` is the size that a result gives: a body that grows beyond it is stopped there. */
  #open(body: Uint8Array, codec: Codec, said?: number): Uint8Array {
    const { maxBytes, contract } = this.#options
    const dictionary = codec === 'zstd' ? contract?.dictionary : undefined
    try {
      return decompress(body, codec, {
        maxBytes: Math.max(1, said ?? maxBytes),
        ...(dictionary !== undefined && { dictionary }),
      })
    } catch (error) {
      if (!(error instanceof SidelaneError)) throw error
      if (error.code === 'limit.output' && said !== undefined)
        throw new Problem('size.mismatch', `The content has more than ${said} bytes.`)
      throw new Problem(error.code, error.message)
    }
  }

  #checked(canonical: Uint8Array, digest: string | null | undefined): Uint8Array {
    const { key, contract } = this.#options
    if (contract !== undefined && digest !== undefined && (contract.profile.digest === 'none') !== (digest === null))
      throw new Problem('digest.mismatch', `The contract's digest is "${contract.profile.digest}".`)
    if (typeof digest === 'string') {
      const bare = { body: canonical, codec: 'none', digest } as const
      if (verify(bare, key, { maxBytes: Math.max(1, canonical.length) })) return canonical
      const which = key === undefined ? 'SHA-256' : 'HMAC-SHA-256 with this key'
      throw new Problem('digest.mismatch', `The digest is not the ${which} of the content.`)
    }
    // The digest vouched for the content; here nothing does.
    checkContent(canonical)
    this.unverified++
    return canonical
  }
}

type Fields = Readonly<Record<string, unknown>>

function readLine(bytes: Uint8Array): { readonly text: string; readonly fields: Fields } {
  let text: string
  let fields: unknown
  try {
    text = decoder.decode(bytes)
    fields = JSON.parse(text)
  } catch {
    throw malformed('it is no JSON')
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw malformed('it is no object')
  return { text, fields: fields as Fields }
}

interface Said {
  readonly codec: Codec
  readonly digest: string | null
  readonly canonicalBytes: number
  readonly outBytes: number
}

const codecs: ReadonlySet<unknown> = new Set<Codec>(['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd', 'none'])

function readFields({ codec, digest, canonicalBytes, outBytes, code }: Fields): Said {
  if (codec === undefined && typeof code === 'string') throw malformed(`it is a reject ("${code}")`)
  if (!codecs.has(codec)) throw malformed('"codec" is no known codec')
  if (digest !== null && !(typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)))
    throw malformed('"digest" is neither null nor 64 lower-case hex digits')
  for (const [name, value] of Object.entries({ canonicalBytes, outBytes }))
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed(`"${name}" is no size`)
  return { codec, digest, canonicalBytes, outBytes } as Said
}

function bodyOf({ body }: Fields, outBytes: number): Uint8Array {
  if (body === undefined) throw malformed('it has no "body"; process wrote it with --body none')
  if (typeof body !== 'string') throw malformed('"body" is no base64')
  const bytes = Buffer.from(body, 'base64')
  // Buffer skips what is no base64.
  if (bytes.toString('base64') !== body) throw malformed('"body" is no base64')
  if (bytes.length !== outBytes)
    throw new Problem('size.mismatch', `"body" has ${bytes.length} bytes, not ${outBytes}.`)
  return bytes
}

/** The text of the last member as it stands: parsed and written again it might be another. */
function memberOf(text: string): Uint8Array {
  const at = text.indexOf(canonicalMember)
  if (at < 0 || !text.endsWith('}')) throw malformed('"canonical" is not where process writes it')
  return new TextEncoder().encode(text.slice(at + canonicalMember.length, -1))
}

/** JSON on one line. */
function checkContent(canonical: Uint8Array): void {
  try {
    const text = decoder.decode(canonical)
    JSON.parse(text)
    if (/[\n\r]/.test(text)) throw new Error('more than one line')
  } catch {
    throw new Problem('content.malformed', 'The content is no canonical JSON.')
  }
}

const malformed = (why: string): Problem => new Problem('line.malformed', `The line is no result: ${why}.`)
