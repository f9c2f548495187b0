// The contracts by name, and what the peers make of them. The product is not loaded here (ours.ts does that).

import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { clicks } from './clicks.ts'
import { github } from './github.ts'
import { normalizer, plainSchema } from './lock-peer.ts'
import { orders } from './orders.ts'
import { products } from './products.ts'
import { zodTexts, type ContractSource } from './texts.ts'

export const sources = { orders, github, products, clicks } as const satisfies Record<string, ContractSource>
export type SourceName = keyof typeof sources

/** Which contract: one of ours by name, or the user's lock file. Crosses to worker threads as it is. */
export type ContractRef = { readonly source: SourceName } | { readonly lockFile: string }

/** How a peer with zod reads a payload that is already parsed. */
export interface ZodPeer {
  readonly schema: z.ZodType
  /** Before the schema, for what the schema cannot say. */
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

/** The normalization that stands before a validator which cannot normalize. */
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
