// The contracts by name, for the peers. Our contenders use ours.ts; this file does not load the package.

import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { clicks } from './clicks.ts'
import { github } from './github.ts'
import { normalizer, plainSchema } from '../../src/decide/lock-normalizer.ts'
import { orders } from './orders.ts'
import { products } from './products.ts'
import { zodTexts, type ContractSource } from './texts.ts'

export const sources = { orders, github, products, clicks } as const satisfies Record<string, ContractSource>
export type SourceName = keyof typeof sources

/** A contract: one of ours by name, or the user's lock file. Can be cloned to worker threads. */
export type ContractRef = { readonly source: SourceName } | { readonly lockFile: string }

/** The schema of a zod peer for a parsed payload. */
export interface ZodPeer {
  readonly schema: z.ZodType
  /** Runs before the schema, for normalization that the schema cannot express. */
  readonly before?: (value: unknown) => unknown
}

export function zodPeer(ref: ContractRef): ZodPeer {
  if ('source' in ref) return { schema: sources[ref.source].schema(zodTexts) }
  const { schema } = readLock(ref.lockFile)
  const before = normalizer(schema)
  return {
    schema: z.fromJSONSchema(plainSchema(schema) as Parameters<typeof z.fromJSONSchema>[0]),
    ...(before !== undefined && { before }),
  }
}

/** The normalization for a validator that cannot normalize. */
export function handNormalizer(ref: ContractRef): (value: unknown) => unknown {
  if ('lockFile' in ref) return normalizer(readLock(ref.lockFile).schema) ?? ((value) => value)
  const { normalize } = sources[ref.source]
  return (value) => {
    normalize(value)
    return value
  }
}

interface LockFile {
  readonly schema: unknown
}

const readLock = (file: string): LockFile => JSON.parse(readFileSync(file, 'utf8')) as LockFile
