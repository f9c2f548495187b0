// Finds the files of this package. The one place that knows where its own code is: in src/util, or in a bundle of dist, as a
// module or as CommonJS. Needs Node.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isDenied } from './deno-permission.ts'
import { ownFile } from './own-file.ts'

export interface PackageJson {
  readonly name: string
  readonly version: string
  readonly engines: { readonly node: string }
}

interface Package {
  readonly folder: string
  readonly json: PackageJson
}

const name = 'sidelane'

let found: Package | undefined

/** The code is in a bundle of an app, and the package is not installed where the bundle is. */
export class PackageFilesError extends Error {
  override readonly name = 'PackageFilesError'

  constructor(bundle: string, cause: unknown) {
    super(
      `${bundle} contains the code of ${name}, but not its worker, daemon and native engine: install ${name} where the bundle ` +
        `runs (npm install ${name}), or see docs/bundlers.md.`,
      { cause },
    )
  }
}

export const readPackageJson = (): PackageJson => (found ??= findPackage()).json

/** The path of a file of the package, such as `dist/daemon.js`. It may be missing. Throws PackageFilesError. */
export const packageFile = (path: string): string => join((found ??= findPackage()).folder, path)

/**
 * The nearest folder above this file whose package.json has the name of this package; for code that an app bundled into its
 * own file, the installed package.
 */
function findPackage(): Package {
  const file = ownFile()
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const json = readJson(join(folder, 'package.json'))
    if (json?.name === name) return { folder, json }
    if (folder === dirname(folder)) break
  }
  try {
    const path = createRequire(file).resolve(`${name}/package.json`)
    return { folder: dirname(path), json: readJson(path) as PackageJson }
  } catch (cause) {
    throw new PackageFilesError(file, cause)
  }
}

function readJson(file: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PackageJson
  } catch (error) {
    // Deno without permission to read: the package may well be there.
    if (isDenied(error)) throw error
    return undefined
  }
}
