// Writes the bills of materials of a release, one for each kind of file of it, and the licence texts for sidelaned, which is
// released as a file alone: `npm run sbom`, or node native/sbom.mjs FOLDER.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cargoNotices } from './cargo-notices.mjs'
import { cargoBom } from './cargo-parts.mjs'
import { npmBom, root } from './npm-parts.mjs'

const { napi } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = process.argv[2] ?? join(root, 'target/sbom')
mkdirSync(folder, { recursive: true })

// Not built for Windows.
const daemonTargets = napi.targets.filter((target) => !target.includes('windows'))
const boms = {
  sidelane: npmBom().bom,
  'sidelane-engine': cargoBom('sidelane-addon', 'sidelane-engine', 'library'),
  sidelaned: cargoBom('sidelane-daemon', 'sidelaned', 'application', daemonTargets),
}
for (const [name, bom] of Object.entries(boms)) {
  const file = join(folder, `${name}.cdx.json`)
  writeFileSync(file, `${JSON.stringify(bom, undefined, 2)}\n`)
  console.log(`${file}: ${bom.components.length} components`)
}
const notices = join(folder, 'sidelaned.THIRD-PARTY.txt')
writeFileSync(notices, cargoNotices(['sidelane-daemon'], daemonTargets))
console.log(notices)
