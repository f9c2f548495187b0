// The CycloneDX document of a Rust binary: the crates that are linked into it or generate code of it, with the features and
// for the targets that it is built with. Build scripts and tests are no part of it.

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './npm-parts.mjs'

const { napi } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

export const cargo = (...args) => execFileSync('cargo', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })

/** SHA-256 of the crate files, by `name version`. */
function checksums() {
  const packages = readFileSync(join(root, 'Cargo.lock'), 'utf8').split('[[package]]')
  const field = (text, name) => new RegExp(`^${name} = "(.+)"$`, 'm').exec(text)?.[1]
  return new Map(packages.map((text) => [`${field(text, 'name')} ${field(text, 'version')}`, field(text, 'checksum')]))
}

/** `crate` of the workspace, as the program or library `name`; `type` is that of CycloneDX. */
export function cargoBom(crate, name, type, targets = napi.targets) {
  const line = /^(\d+)(\S+) v(\S+).*\|(.*)$/
  const tree = cargo(
    ...['tree', '--locked', '-p', crate, '-e', 'normal', '--prefix', 'depth', '--no-dedupe', '--format', '{p}|{l}'],
    ...targets.flatMap((target) => ['--target', target]),
  )
  const sums = checksums()
  const components = new Map()
  const edges = new Map()
  const path = []
  // A tree for each target, with empty lines in between.
  for (const text of tree.split('\n').filter(Boolean)) {
    const [, depth, crateName, version, license] = line.exec(text)
    const sum = sums.get(`${crateName} ${version}`)
    const ref = `pkg:cargo/${crateName}@${version}`
    path.length = Number(depth)
    if (path.length > 0) edges.get(path.at(-1)).add(ref)
    path.push(ref)
    if (!edges.has(ref)) edges.set(ref, new Set())
    components.set(ref, {
      'bom-ref': ref,
      type: 'library',
      name: crateName,
      version,
      scope: 'required',
      purl: ref,
      // Crates of before SPDX expressions separate alternatives with a slash.
      licenses: [{ expression: license.replaceAll('/', ' OR ') }],
      // Crates of this workspace have none.
      ...(sum !== undefined && { hashes: [{ alg: 'SHA-256', content: sum }] }),
    })
  }
  const [[rootRef, component]] = components
  components.delete(rootRef)
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: new Date().toISOString(),
      tools: { components: [{ type: 'application', name: 'cargo', version: cargo('--version').split(' ')[1] }] },
      component: { ...component, type, name },
    },
    components: [...components.values()],
    dependencies: [...edges].map(([ref, dependsOn]) => ({ ref, dependsOn: [...dependsOn] })),
  }
}
