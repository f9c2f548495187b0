// What the package says of itself, read when it is asked for. Not part of what runs without Node.

import { readFileSync } from 'node:fs'

export interface PackageFacts {
  readonly version: string
  readonly engines: { readonly node: string }
}

let facts: PackageFacts | undefined

/** From src and from dist alike. */
export const packageFacts = (): PackageFacts =>
  (facts ??= JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as PackageFacts)
