// The native engine as it was built here, for the tests of fresh projects: the tarball has none.
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Project } from './tarball.ts'

const native = fileURLToPath(new URL('../../native/', import.meta.url))

/** Throws where it is not built. */
export function addEngine({ folder }: Project): void {
  const files = readdirSync(native).filter((name) => name.endsWith('.node') || name === 'sidelaned')
  if (files.length < 2) throw new Error('The native engine is not built (npm run build:native)')
  const target = join(folder, 'node_modules/sidelane/native')
  mkdirSync(target, { recursive: true })
  for (const name of files) cpSync(join(native, name), join(target, name))
}
