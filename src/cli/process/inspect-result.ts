// Verifies one result of `sidelane process` against its own sizes and digest, and against a contract.

import { SidelaneError, type Accepted, type Codec, type Contract } from '../../model/index.ts'
import { decompress, verify } from '../../engine/index.ts'
import { codecs } from '../options.ts'

/** A defect of a result. The codes are stable, for programs. */
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
  /** The key of HMAC digests. */
  readonly key: Uint8Array | undefined
  /** Decompressed bytes allowed for one payload. */
  readonly maxBytes: number
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The largest line or body that can hold `maxBytes`: base64 adds a third, and incompressible data grows slightly. */
export const maxEncodedBytes = (maxBytes: number): number => 2 * maxBytes + 4096

const canonicalMember = ',"canonical":'

export class Inspector {
  /** Valid results without a digest to verify. */
  unverified = 0
  readonly #options: InspectorOptions

  constructor(options: InspectorOptions) {
    this.#options = options
  }

  /** Returns the canonical JSON of a result line. Throws Problem; a SidelaneError stands for a line that is too long. */
  inspectLine(bytes: Uint8Array | SidelaneError): Uint8Array {
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
      'canonical' in fields ? canonicalOf(text) : this.#decompress(bodyOf(fields, outBytes), codec, canonicalBytes)
    if (canonical.length !== canonicalBytes)
      throw new Problem('size.mismatch', `The content has ${canonical.length} bytes, not ${canonicalBytes}.`)
    return this.#verify(canonical, digest)
  }

  /** Returns the canonical JSON of a raw body; without `digest` nothing is verified. Throws Problem. */
  inspectBody(body: Uint8Array, codec: Codec, digest: string | undefined): Uint8Array {
    const { maxBytes } = this.#options
    if (body.length > maxEncodedBytes(maxBytes))
      throw new Problem('limit.output', `The body is too long for --max-bytes ${maxBytes}.`)
    return this.#verify(this.#decompress(body, codec), digest)
  }

  /** `statedBytes` is the size that the result states: decompression stops beyond it. */
  #decompress(body: Uint8Array, codec: Codec, statedBytes?: number): Uint8Array {
    const { maxBytes, contract } = this.#options
    const dictionary = codec === 'zstd' ? contract?.dictionary : undefined
    try {
      return decompress(body, codec, {
        maxBytes: Math.max(1, statedBytes ?? maxBytes),
        dictionary,
      })
    } catch (error) {
      if (!(error instanceof SidelaneError)) throw error
      if (error.code === 'limit.output' && statedBytes !== undefined)
        throw new Problem('size.mismatch', `The content has more than ${statedBytes} bytes.`)
      throw new Problem(error.code, error.message)
    }
  }

  #verify(canonical: Uint8Array, digest: string | null | undefined): Uint8Array {
    const { key, contract } = this.#options
    if (contract !== undefined && digest !== undefined && (contract.profile.digest === 'none') !== (digest === null))
      throw new Problem('digest.mismatch', `The contract's digest is "${contract.profile.digest}".`)
    if (typeof digest === 'string') {
      const bare = { body: canonical, codec: 'none', digest } as const
      if (verify(bare, key, { maxBytes: Math.max(1, canonical.length) })) return canonical
      const which = key === undefined ? 'SHA-256' : 'HMAC-SHA-256 with this key'
      throw new Problem('digest.mismatch', `The digest is not the ${which} of the content.`)
    }
    // Without a digest, at least the syntax is checked.
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
    throw malformed('it is not JSON')
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw malformed('it is not an object')
  return { text, fields: fields as Fields }
}

type ResultFields = Pick<Accepted, 'codec' | 'digest' | 'canonicalBytes' | 'outBytes'>

function readFields({ codec, digest, canonicalBytes, outBytes, code }: Fields): ResultFields {
  if (codec === undefined && typeof code === 'string') throw malformed(`it is a reject ("${code}")`)
  if (!codecs.some((known) => known === codec)) throw malformed('"codec" is not a known codec')
  if (digest !== null && !(typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)))
    throw malformed('"digest" is neither null nor 64 lower-case hex digits')
  for (const [name, value] of Object.entries({ canonicalBytes, outBytes }))
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed(`"${name}" is not a size`)
  return { codec, digest, canonicalBytes, outBytes } as ResultFields
}

function bodyOf({ body }: Fields, outBytes: number): Uint8Array {
  if (body === undefined) throw malformed('it has no "body"; process wrote it with --body none')
  if (typeof body !== 'string') throw malformed('"body" is not base64')
  const bytes = Buffer.from(body, 'base64')
  // Buffer ignores invalid characters, so the text is compared.
  if (bytes.toString('base64') !== body) throw malformed('"body" is not base64')
  if (bytes.length !== outBytes)
    throw new Problem('size.mismatch', `"body" has ${bytes.length} bytes, not ${outBytes}.`)
  return bytes
}

/** The bytes of the last member. Parsing and serializing again could change them, and the digest with them. */
function canonicalOf(text: string): Uint8Array {
  const at = text.indexOf(canonicalMember)
  if (at < 0 || !text.endsWith('}')) throw malformed('"canonical" is not where process writes it')
  return new TextEncoder().encode(text.slice(at + canonicalMember.length, -1))
}

/** Throws Problem for anything but JSON on one line. */
function checkContent(canonical: Uint8Array): void {
  try {
    const text = decoder.decode(canonical)
    JSON.parse(text)
    if (/[\n\r]/.test(text)) throw new Error('more than one line')
  } catch {
    throw new Problem('content.malformed', 'The content is not canonical JSON.')
  }
}

const malformed = (why: string): Problem => new Problem('line.malformed', `The line is not a result: ${why}.`)
