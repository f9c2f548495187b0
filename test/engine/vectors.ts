// Loads the language-neutral vectors of reading and normalizing. The Rust core is tested with the same files.
import { readFileSync } from 'node:fs'
import type { Issue } from '../../src/model/index.ts'

/** One payload with its outcome. Absent limits have the contract's defaults. */
export interface ReadVector {
  readonly description: string
  /** JSON text; its UTF-8 is the payload. */
  readonly text?: string
  /** The payload in hexadecimal, instead of `text`. */
  readonly hex?: string
  readonly numbers?: 'safe' | 'double' | 'int64'
  readonly maxBytes?: number
  readonly maxDepth?: number
  readonly maxKeys?: number
  /** The canonical form, or the only issue. */
  readonly expect: { readonly ok: true; readonly canonical: string } | (Issue & { readonly ok?: undefined })
}

export interface NormalizeVector {
  readonly description: string
  readonly ops: readonly ('lower' | 'upper' | 'nfc' | 'collapse' | 'trim')[]
  readonly text: string
  readonly expected: string
}

/** The files of ReadVector, by name. */
export const readFiles = [
  'read/text',
  'read/depth',
  'read/members',
  'read/surrogates',
  'read/numbers',
  'read/int64',
  'read/positions',
  'canonical/canonical',
]

/** `name`: path below test/vectors, without the extension. */
export const readVectors = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T[]

export const payloadOf = ({ text, hex }: ReadVector): Uint8Array =>
  hex === undefined ? Buffer.from(text as string) : Buffer.from(hex, 'hex')

/** Lock fields besides the schema. */
export const fieldsOf = ({ numbers, maxBytes, maxDepth, maxKeys }: ReadVector): Record<string, unknown> => ({
  numbers: numbers ?? 'safe',
  limits: {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(maxDepth !== undefined && { maxDepth }),
    ...(maxKeys !== undefined && { maxKeys }),
  },
})
