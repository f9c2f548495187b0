// Makes the engine packages, @sidelane/engine-<platform>, in target/npm: `npm run pack:engines`. Each holds the addon, sidelaned
// (not on Windows), engine.json and THIRD-PARTY.txt. The folders and their package.json are those of `napi create-npm-dirs`.
// Needs cargo, which may fetch crates of other platforms.
//
//   --artifacts DIR   has the built files of each platform, anywhere below it: sidelane.<platform>.node with sidelaned beside
//                     it. Default: native, the files that build:native made.
//   --all             fails unless every target of package.json's napi.targets is there, as a release must
//
// Prints the folders of the packages; stderr says for which platforms there is none.

import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parseTriple } from '@napi-rs/cli'
import { cargoNotices } from './cargo-notices.mjs'
import { writeManifest } from './engine-manifest.mjs'

const native = dirname(fileURLToPath(import.meta.url))
const root = dirname(native)
const npmDir = join('target', 'npm')
const daemonName = 'sidelaned'
const noticesName = 'THIRD-PARTY.txt'

const { values: options } = parseArgs({
  options: { artifacts: { type: 'string', default: native }, all: { type: 'boolean', default: false } },
})
const artifacts = resolve(options.artifacts)
const { version, napi } = readJson(join(root, 'package.json'))

rmSync(join(root, npmDir), { recursive: true, force: true })
const cli = join(dirname(createRequire(import.meta.url).resolve('@napi-rs/cli/package.json')), 'dist', 'cli.js')
const made = spawnSync(process.execPath, [cli, 'create-npm-dirs', '--npm-dir', npmDir], {
  cwd: root,
  encoding: 'utf8',
})
if (made.status !== 0) fail(`napi create-npm-dirs failed\n${made.stdout}${made.stderr}`)

const missing = []
for (const platform of readdirSync(join(root, npmDir)).sort()) {
  const folder = join(root, npmDir, platform)
  const addon = findAddon(`sidelane.${platform}.node`)
  if (addon === undefined) {
    missing.push(platform)
    rmSync(folder, { recursive: true })
  } else {
    fill(folder, platform, addon)
    process.stdout.write(`${relative(process.cwd(), folder)}\n`)
  }
}
if (options.all && missing.length > 0) fail(`${artifacts} has no addon for ${missing.join(', ')}`)
if (missing.length > 0)
  process.stderr.write(`pack:engines: left out, because they were not built here: ${missing.join(', ')}\n`)

/** Copies the files, and completes package.json and README.md. */
function fill(folder, platform, addon) {
  const names = [`sidelane.${platform}.node`]
  copyFileSync(addon, join(folder, names[0]))
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  if (!platform.startsWith('win32')) {
    const daemon = join(dirname(addon), daemonName)
    if (!existsSync(daemon)) fail(`there is no ${daemonName} beside ${addon}`)
    copyFileSync(daemon, join(folder, daemonName))
    // An upload of GitHub Actions loses it.
    chmodSync(join(folder, daemonName), 0o755)
    names.push(daemonName)
  }
  const target = napi.targets.find((triple) => parseTriple(triple).platformArchABI === platform)
  const crates = ['sidelane-addon', ...(names.includes(daemonName) ? ['sidelane-daemon'] : [])]
  writeFileSync(join(folder, noticesName), cargoNotices(crates, [target]))
  writeManifest(folder, version, names)
  const path = join(folder, 'package.json')
  const content = readJson(path)
  content.description = `The native engine of sidelane for ${platform}.`
  content.files = [...names, 'engine.json', noticesName]
  // Package managers make the programs of "bin" executable.
  if (names.includes(daemonName)) content.bin = { [daemonName]: daemonName }
  // The package of a scope is private unless it says so.
  content.publishConfig = { access: 'public' }
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)
  writeFileSync(
    join(folder, 'README.md'),
    `# ${content.name}\n\nThe native engine of [sidelane](https://www.npmjs.com/package/sidelane) for ${platform}: installed with it, not used alone.\n`,
  )
}

function findAddon(name) {
  const found = readdirSync(artifacts, { recursive: true, withFileTypes: true }).filter((entry) => entry.name === name)
  if (found.length > 1) fail(`${artifacts} has ${name} more than once`)
  return found[0] && join(found[0].parentPath, name)
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function fail(message) {
  process.stderr.write(`pack:engines: ${message}\n`)
  process.exit(1)
}
