// The types that the walk over a JSON Schema shares with the file of each family of keywords.

import type { SchemaDocument } from '../schema-document.ts'
import { escape, isRecord, type Location } from './references.ts'

/** One place that cannot become part of a contract. */
export interface Problem {
  /** JSON pointer into the document, behind its URI where there are several. */
  readonly pointer: string
  /** What is wrong, and what to write instead. */
  readonly problem: string
}

/** What the file of a family needs of the walk. */
export interface Importer {
  readonly objects: 'strip' | 'strict' | 'loose'
  /** Whether the default of a member or an item that may be missing goes into the lock. */
  readonly insertsDefaults: boolean
  /** The document of the schema at `location`. */
  convert(schema: unknown, location: Location): SchemaDocument
  /** Records a problem and returns a placeholder, so that the walk finds the other problems too. */
  reject(location: Location, problem: string): SchemaDocument
  /** The definition that a reference of the lock names; undefined while it is being converted. */
  definition(name: string): SchemaDocument | undefined
}

/** Adds the default of a member or an item that may be missing. */
export function withDefault({ insertsDefaults }: Importer, schema: unknown, node: SchemaDocument): SchemaDocument {
  const value = isRecord(schema) ? schema['default'] : undefined
  return insertsDefaults && value !== undefined ? { ...node, default: value } : node
}

/** The location of a child. */
export const child = ({ uri, pointer }: Location, ...keys: readonly (string | number)[]): Location => ({
  uri,
  pointer: [pointer, ...keys.map((key) => escape(String(key)))].join('/'),
})
