// Writes the bills of materials of a release, one for each kind of file of it: `npm run sbom`, or node native/sbom.mjs FOLDER.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cargoBom } from './cargo-parts.mjs'
import { npmBom, root } from './npm-parts.mjs'

const { napi } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = process.argv[2] ?? join(root, 'target/sbom')
mkdirSync(folder, { recursive: true })

const boms = {
  sidelane: npmBom().bom,
  'sidelane-engine': cargoBom('sidelane-addon', 'sidelane-engine', 'library'),
  // Not built for Windows.
  sidelaned: cargoBom(
    'sidelane-daemon',
    'sidelaned',
    'application',
    napi.targets.filter((target) => !target.includes('windows')),
  ),
}
for (const [name, bom] of Object.entries(boms)) {
  const file = join(folder, `${name}.cdx.json`)
  writeFileSync(file, `${JSON.stringify(bom, undefined, 2)}\n`)
  console.log(`${file}: ${bom.components.length} components`)
}
