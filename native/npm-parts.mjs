// The CycloneDX document of the npm package: its dependencies, and the packages that `npm run build` bundles into dist.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Packages that modules of src import and an install of sidelane does not bring: rolldown puts them into dist. */
function bundledNames() {
  const installed = new Set(
    [packageJson.dependencies, packageJson.peerDependencies].flatMap((names) => Object.keys(names)),
  )
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const imported = files.flatMap((file) =>
    [
      ...readFileSync(join(root, 'src', file), 'utf8').matchAll(
        /^(?!import type).*\bfrom '(@[^/']+\/[^/']+|[^@.#/'][^/']*)/gm,
      ),
    ].map(([, name]) => name),
  )
  return imported.filter((name) => !name.startsWith('node:') && !installed.has(name))
}

/**
 * npm's own document of the lock file, without what is only for development. `name@version` of the bundled packages is in
 * `bundled`: with all of their dependencies, of which dist may contain less.
 */
export function npmBom() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const bom = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }))
  const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const { component } = bom.metadata
  const direct = edges.get(component['bom-ref'])
  const closureOf = (names) => {
    const found = new Set()
    const visit = (ref) => {
      if (found.has(ref)) return
      found.add(ref)
      edges.get(ref).forEach(visit)
    }
    direct.filter((ref) => names.includes(ref.slice(0, ref.lastIndexOf('@')))).forEach(visit)
    return found
  }
  const required = closureOf(Object.keys(packageJson.dependencies))
  const bundled = closureOf(bundledNames())
  const isPart = (ref) => required.has(ref) || bundled.has(ref)
  // npm takes the name of the folder.
  component.name = packageJson.name
  bom.components = bom.components
    .filter((part) => isPart(part['bom-ref']))
    .map((part) =>
      required.has(part['bom-ref'])
        ? part
        : { ...part, properties: [{ name: 'cdx:npm:package:bundled', value: 'true' }] },
    )
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => isPart(ref) || ref === component['bom-ref'])
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isPart) }))
  return { bom, bundled: [...bundled].filter((ref) => !required.has(ref)) }
}
