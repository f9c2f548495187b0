// Reads this package's package.json. Needs Node.

import { readFileSync } from 'node:fs'
import { packageRoot } from './package-root.ts'

export interface PackageJson {
  readonly version: string
  readonly engines: { readonly node: string }
}

let content: PackageJson | undefined

export const readPackageJson = (): PackageJson =>
  (content ??= JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as PackageJson)
