// Parses a lock, the contract as a file. Every contract is created here, from a zod schema as well as from disk.

import { canonicalText, readBytes, readText, type ReadLimits } from '../../json/index.ts'
import { sha256Hex, utf8Length } from '#runtime'
import { bytesRule, check, type Contract, type LockDocument, type Profile, type Rule } from '../../model/index.ts'
import { fileKinds } from '../../tables/file-kinds.ts'
import { isBytes } from '../../util/typed-array.ts'
import { withDictionary } from '../dictionary.ts'
import { checkTree } from './checks.ts'
import { measureCost } from './cost.ts'
import { checkDefaults } from './defaults.ts'
import { invalid } from './errors.ts'
import { lockText } from './lock-text.ts'
import { readFields } from './fields.ts'
import { normalForm } from './normal-form.ts'
import { numberDefinitions } from './number-definitions.ts'
import type { SchemaTree } from './tree.ts'
import { findRounded } from './rounded-integers.ts'
import { walkSchema } from './walk.ts'

/** A lock has limits of its own, and its numbers are doubles (float64 bounds are ±1.8e308) or 64-bit integers. */
const lockLimits: ReadLimits = {
  maxBytes: fileKinds.lock.maxBytes,
  maxDepth: 128,
  // The size bounds the keys.
  maxKeys: Number.MAX_SAFE_INTEGER,
  numbers: 'int64-or-double',
}

/** Without white space and needless escapes: as canonical JSON, in UTF-8. */
const maxCompactBytes = 2_097_152
const maxNodes = 50_000

/** The documents of contracts, in which no number was rounded. */
const exactDocuments = new WeakSet<object>()

/**
 * Parses a lock: its JSON text, or the UTF-8 bytes of it. The contract holds it with all defaults. Without the bytes of
 * a dictionary that the lock names, the contract has its id but cannot be compiled.
 *
 * Throws `SidelaneError` with a JSON pointer into the lock: `contract.unsupported` for what is outside profile p1,
 * `contract.invalid` for what is malformed.
 */
export function parseLock<In = unknown, Out = In>(
  source: Uint8Array | string,
  dictionary?: Uint8Array,
): Contract<In, Out> {
  const read = typeof source === 'string' ? readText(source, lockLimits) : readBytes(source, lockLimits)
  if (!read.ok) throw invalid(read.pointer, `The lock cannot be read: ${read.code}.`)
  if (utf8Length(canonicalText(read.value)) > maxCompactBytes) {
    throw invalid('', `A lock may have ${maxCompactBytes} bytes at most, without white space.`)
  }

  let tree: SchemaTree | undefined
  const document = readFields(read.value, (schema, pointer) => {
    tree = walkSchema(schema, pointer)
    if (tree.locations.length > maxNodes) throw invalid(pointer, `A schema may have ${maxNodes} nodes at most.`)
  })
  checkTree(tree as SchemaTree)
  checkDefaults(tree as SchemaTree, document.limits, document.numbers)
  const cost = measureCost(tree as SchemaTree, document.limits.maxBytes)
  const schema = numberDefinitions(tree as SchemaTree)
  const { name, numbers, limits, compress, digest } = document
  const named = document.dictionary && { id: document.dictionary.id, sha256: document.dictionary.sha256 }
  const dictionaryOf = named && { dictionary: named }
  const profile: Profile = { name, numbers, limits, compress, ...dictionaryOf, digest, cost, ...schema }
  const lock = deepFreeze(document)
  exactDocuments.add(lock)
  const contract = Object.freeze({ name, id: sha256Hex(normalForm(profile)), lock, profile })
  return dictionary === undefined ? contract : withDictionary(contract, dictionary)
}

/** A lock as JSON.parse, an import of JSON or a bundler reads it; `contract.lock` is one too. */
export type ParsedLock = { readonly [K in 'name' | 'profile' | 'schema' | 'unicode']: unknown } & {
  readonly [K in keyof LockDocument]?: unknown
}

/** Options of `parseContract`. */
export interface ParseOptions {
  /** The bytes of the dictionary that the lock names. */
  readonly dictionary?: Uint8Array | undefined
}

const parseRules: Readonly<Record<keyof ParseOptions, Rule>> = { dictionary: bytesRule }

/**
 * The contract of a lock in memory: its JSON text or bytes, or the parsed document. `loadContract` reads a lock file
 * from disk.
 *
 * Throws `contract.unsupported` and `contract.invalid`, with a JSON pointer into the lock, and `options.invalid`. With
 * `numbers: "int64"` a parsed document must hold bigints where a number would be rounded: give the text instead.
 */
export function parseContract<In = unknown, Out = In>(
  lock: Uint8Array | string | ParsedLock,
  options: ParseOptions = {},
): Contract<In, Out> {
  check('parseContract', options, parseRules)
  return parseLock(sourceOf(lock), options.dictionary)
}

function sourceOf(lock: Uint8Array | string | ParsedLock): Uint8Array | string {
  if (typeof lock === 'string' || isBytes(lock)) return lock
  if (typeof lock !== 'object' || lock === null) {
    throw invalid('', `Expected the text, the bytes or the parsed document of a lock, got ${typeof lock}.`)
  }
  try {
    const rounded =
      lock.numbers === 'int64' && !exactDocuments.has(lock) ? findRounded(lock.schema, '/schema') : undefined
    if (rounded !== undefined) {
      throw invalid(
        rounded,
        'This integer may have been rounded: give the text of the lock, or the integer as a bigint.',
      )
    }
    return lockText(lock as LockDocument)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw invalid('', 'The document is nested too deeply, or contains itself.')
  }
}

function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  for (const child of Object.values(value)) deepFreeze(child)
  return Object.freeze(value)
}
