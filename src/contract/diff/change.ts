// One difference between two contracts: its text, and who is affected.

import { rootPath } from '../paths.ts'

/**
 * What a change affects: payloads that were accepted and may be rejected now · payloads that were rejected and may be
 * accepted now · digests (and canonical bytes) of some payloads · only the bytes of bodies · only the issue lists of
 * rejected payloads. Every change gives the contract another id.
 */
export type Affected = 'old-rejected' | 'new-accepted' | 'digests' | 'bodies' | 'issues'

/** One difference in meaning between two contracts. */
export interface Change {
  /** Where in a payload: `lines[].sku`; `(root)`: the payload itself; `(contract)`: not part of the payload. */
  readonly path: string
  /** One sentence about the change and its effects. The text may change. */
  readonly text: string
  /** In the order of the type; empty when the id alone changes. */
  readonly affects: readonly Affected[]
}

const effectTexts: Readonly<Record<Affected, string>> = {
  'old-rejected': 'old payloads may be rejected',
  'new-accepted': 'more payloads are accepted',
  digests: 'digests change',
  bodies: 'only the bytes of bodies change',
  issues: 'only issue lists change',
}

const order = Object.keys(effectTexts) as Affected[]

/** In the order of the type. */
export const inOrder = (affects: readonly Affected[]): Affected[] =>
  order.filter((affected) => affects.includes(affected))

/** A change with its effects at the end of the sentence; `effect` replaces them where it is more precise. */
export function change(path: string, what: string, affects: readonly Affected[], effect?: string): Change {
  const sorted = inOrder(affects)
  const all =
    effect ?? (sorted.length === 0 ? 'only the id changes' : sorted.map((affected) => effectTexts[affected]).join(', '))
  return { path, text: `${what}: ${all}`, affects: sorted }
}

/** The path as the subject of a sentence. */
export const subject = (path: string): string => (path === rootPath ? 'the payload' : `field \`${path}\``)

/** A change whose sentence starts with the field at `path`. */
export const fieldChange = (path: string, what: string, affects: readonly Affected[], effect?: string): Change =>
  change(path, `${subject(path)} ${what}`, affects, effect)
