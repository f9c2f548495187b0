// engine.json: size and SHA-256 of the files of the native engine, which src/util/engine-files.ts compares before it uses
// them. Written beside the files by build.mjs and by pack-engines.mjs.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const manifestName = 'engine.json'

/** Writes the manifest of these files of the folder. */
export function writeManifest(folder, version, names) {
  const files = Object.fromEntries(names.map((name) => [name, fingerprint(join(folder, name))]))
  const path = join(folder, manifestName)
  // A reader meets the old manifest or the new one.
  writeFileSync(`${path}.new`, `${JSON.stringify({ version, files }, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}

/** Whether the sizes of the files are those of the manifest; undefined: there is none, or it misses a file. */
export function hasListedSizes(folder, names) {
  const path = join(folder, manifestName)
  if (!existsSync(path)) return undefined
  const { files } = JSON.parse(readFileSync(path, 'utf8'))
  if (!names.every((name) => name in files)) return undefined
  return names.every((name) => files[name].bytes === statSync(join(folder, name)).size)
}

function fingerprint(path) {
  const content = readFileSync(path)
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
}
