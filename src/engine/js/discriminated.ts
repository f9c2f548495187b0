// Discriminators, for what walks value trees.

import type { DiscriminatedNode, SchemaNode } from '../../model/index.ts'

/** The branch for each value of the discriminator. */
export const branchesByValue = ({ branches }: DiscriminatedNode): ReadonlyMap<unknown, SchemaNode> =>
  new Map(branches.flatMap(({ values, node }) => values.map((value) => [value, node] as const)))
