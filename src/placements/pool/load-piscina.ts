// Loads Piscina when a pool starts. Not by an import, which a bundler follows: Piscina starts its threads from a file beside
// its own, which a bundle has not.

import { createRequire } from 'node:module'
import type * as piscina from 'piscina'
import { ownFile } from '../../util/own-file.ts'
import { packageFile, PackageFilesError } from '../../util/package-files.ts'
import { SidelaneError } from '../../model/index.ts'

/** Throws `engine.unavailable` where it is not installed. */
export function loadPiscina(): typeof piscina {
  try {
    return createRequire(referrer())('piscina') as typeof piscina
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause
    throw new SidelaneError('engine.unavailable', {
      message: 'The pool needs the package piscina where the bundle runs (npm install piscina), see docs/bundlers.md.',
      cause,
    })
  }
}

/** A bundle without the package, whose worker is a file of the app, may have Piscina beside it. */
function referrer(): string {
  try {
    return packageFile('package.json')
  } catch (error) {
    if (error instanceof PackageFilesError) return ownFile()
    throw error
  }
}
