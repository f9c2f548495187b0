// The schemas of items behind a prefix and of undeclared members.

import type { SchemaNode } from '../../model/index.ts'
import { change, type Change } from './change.ts'
import { pathText, type PayloadPath } from './path.ts'

/** The differences between two nodes at one path. */
export type Compare = (a: SchemaNode, b: SchemaNode, path: PayloadPath) => Change[]

/** `false`: no further items or members are allowed. */
export function compareRest(
  a: SchemaNode | false,
  b: SchemaNode | false,
  path: PayloadPath,
  what: string,
  compare: Compare,
): Change[] {
  if (a !== false && b !== false) return compare(a, b, path)
  if (a === b) return []
  const text = `further ${what} at \`${pathText(path)}\` are`
  return a === false
    ? [change(pathText(path), `${text} allowed`, ['new-accepted'])]
    : [change(pathText(path), `${text} rejected`, ['old-rejected'])]
}
