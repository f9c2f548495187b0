// What one difference between two contracts means, and for whom. Finding the differences: compare.ts and its neighbours.

/**
 * Who notices a change: payloads that were accepted and may be rejected now · payloads that were rejected and may be
 * accepted now · digests (and canonical bytes) of some payloads · only the bytes of bodies · only the issue lists of
 * rejected payloads. Every change gives the contract another id.
 */
export type Affected = 'old-rejected' | 'new-accepted' | 'digests' | 'bodies' | 'issues'

/** One difference in meaning between two contracts. */
export interface Change {
  /** Where in a payload: `lines[].sku`; `(root)` for the payload itself, `(contract)` for what is no part of it. */
  readonly path: string
  /** In words, with who is affected. The text may change. */
  readonly text: string
  /** In the order of the type; empty when the id alone changes. */
  readonly affects: readonly Affected[]
}

const words: Readonly<Record<Affected, string>> = {
  'old-rejected': 'old payloads may be rejected',
  'new-accepted': 'more payloads are accepted',
  digests: 'digests change',
  bodies: 'only the bytes of bodies change',
  issues: 'only issue lists change',
}

const order = Object.keys(words) as Affected[]

/** A change whose sentence ends in who is affected, or in `who` where that is known better. */
export function change(path: string, what: string, affects: readonly Affected[], who?: string): Change {
  const sorted = order.filter((affected) => affects.includes(affected))
  const all =
    who ?? (sorted.length === 0 ? 'only the id changes' : sorted.map((affected) => words[affected]).join(', '))
  return { path, text: `${what}: ${all}`, affects: sorted }
}

/** Every old payload with the field is rejected, whatever else is in it. */
export const oldRejected = 'old payloads are rejected'
