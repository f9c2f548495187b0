// Reads this package's package.json. Needs Node.

import { readFileSync } from 'node:fs'

export interface PackageJson {
  readonly version: string
  readonly engines: { readonly node: string }
}

let content: PackageJson | undefined

/** The path is the same from src/util and from dist/util. */
export const readPackageJson = (): PackageJson =>
  (content ??= JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as PackageJson)
