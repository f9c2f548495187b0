// Checks the licences of the npm packages that an install of sidelane brings or may bring (dependencies, peer dependencies),
// and of those that dist contains, by their own files: `npm run check:licenses`. For crates: native/deny.toml.

import { init } from 'license-checker-rseidelsohn'
import { npmBom, root } from './npm-parts.mjs'

/** Without copyleft, as in native/deny.toml. 0BSD, BlueOak-1.0.0, MIT-0 and Unlicense ask for less than MIT. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
])

const read = (options) =>
  new Promise((resolve, reject) => {
    init({ start: root, excludePrivatePackages: true, ...options }, (error, found) =>
      error ? reject(error) : resolve(found),
    )
  })

/** One licence, or an expression of alternatives of which one is enough. A trailing `*` stands for a guess by the text: not enough. */
const isAllowed = (licenses) =>
  [licenses].flat().every((one) =>
    one
      .replace(/^\((.*)\)$/, '$1')
      .split(' OR ')
      .some((choice) => choice.split(' AND ').every((id) => allowed.has(id))),
  )

const { bom, bundled } = npmBom()
const found = { ...(await read({ production: true })), ...(await read({ includePackages: bundled.join(';') })) }
const missing = bundled.filter((name) => !(name in found))
// Of the lock file: packages of other platforms, which are not installed here.
const elsewhere = bom.components
  .filter((part) => !(part['bom-ref'] in found))
  .map((part) => [
    part['bom-ref'],
    part.licenses.map(({ license, expression }) => license?.id ?? expression ?? 'unknown'),
  ])
const all = [...Object.entries(found).map(([name, { licenses }]) => [name, licenses]), ...elsewhere]
const refused = all.filter(([name, licenses]) => !name.startsWith('sidelane@') && !isAllowed(licenses))

for (const name of missing) console.error(`${name} is bundled and not installed: run npm ci`)
for (const [name, licenses] of refused)
  console.error(`${name}: ${licenses} is not in the list of native/check-licenses.mjs`)
console.log(`${all.length} packages, ${bundled.length} of them bundled: ${missing.length + refused.length} refused`)
process.exitCode = missing.length + refused.length === 0 ? 0 : 1
