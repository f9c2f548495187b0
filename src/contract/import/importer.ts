// The types that the walk over a JSON Schema shares with the file of each family of keywords.

import { escapePointerKey } from '../../json/index.ts'
import type { SchemaDocument } from '../schema-document.ts'
import { isRecord, type Location } from './references.ts'

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
  /** The node with its oneOf as the union that it becomes; undefined where that needs a definition being converted. */
  settle(node: SchemaDocument): SchemaDocument | undefined
  /** Runs the work on one node. Throws `contract.unsupported` when there are too many nodes, or too many in each other. */
  step<T>(work: () => T): T
  /** The pairs of schemas that are being merged, the outermost first. */
  readonly merging: (readonly [SchemaDocument, SchemaDocument])[]
}

/** The schema behind a reference, or behind a chain of them; undefined where it is recursive. */
export function targetOf(importer: Importer, node: SchemaDocument): SchemaDocument | undefined {
  const seen = new Set<string>()
  let target: SchemaDocument | undefined = node
  while (target?.$ref !== undefined) {
    if (seen.has(target.$ref)) return undefined
    seen.add(target.$ref)
    target = importer.definition(target.$ref.slice('#/$defs/'.length))
  }
  return target
}

/** The same with its oneOf judged; undefined where that is recursive too. */
export function expand(importer: Importer, node: SchemaDocument): SchemaDocument | undefined {
  const target = targetOf(importer, node)
  return target && importer.settle(target)
}

/** Adds the default of a member or an item that may be missing. */
export function withDefault({ insertsDefaults }: Importer, schema: unknown, node: SchemaDocument): SchemaDocument {
  const value = isRecord(schema) ? schema['default'] : undefined
  return insertsDefaults && value !== undefined ? { ...node, default: value } : node
}

/** The location of a child. */
export const child = ({ uri, pointer }: Location, ...keys: readonly (string | number)[]): Location => ({
  uri,
  pointer: [pointer, ...keys.map((key) => escapePointerKey(String(key)))].join('/'),
})
