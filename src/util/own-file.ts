// Where the running code is: in a file of this package, or in the bundle of an app. Needs Node.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of CommonJS. */
declare const __filename: string | undefined

/** A module that a bundler turned into CommonJS has no `import.meta.url`. */
export function ownFile(): string {
  const url = import.meta.url as string | undefined
  if (url !== undefined) return fileURLToPath(url)
  return typeof __filename === 'string' ? __filename : join(process.cwd(), 'bundle.js')
}
