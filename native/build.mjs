// Builds the native engine and the Rust daemon: `npm run build:native`. Needs Rust's cargo; downloads crates only.
//
//   --if-available     without cargo, prints a note and exits with 0
//   --force            builds even if the results are newer than every source
//   --target TRIPLE    builds for another target of package.json's napi.targets, as the release does
//   --use-napi-cross, --cross-compile   how @napi-rs/cli builds for another target: its toolchain for glibc 2.17, cargo-zigbuild
//
// The results are native/sidelane.<platform>.node, native/sidelaned and their manifest native/engine.json. Their paths go to
// stdout, messages to stderr.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { hasListedSizes, writeManifest } from './engine-manifest.mjs'

const native = dirname(fileURLToPath(import.meta.url))
const root = dirname(native)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const options = readOptions()
const log = (text) => process.stderr.write(`build:native: ${text}\n`)

// No daemon on Windows: it serves Unix sockets.
const hasDaemon = !(options.target?.includes('windows') ?? process.platform === 'win32')
const built = options.target === undefined ? builtFiles() : undefined
if (built && !options.force && isListed(built) && built.every(({ time }) => time > newestSource())) {
  log('up to date')
  for (const { path } of built) print(path)
  process.exit(0)
}

if (spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status !== 0) {
  const optional = options['if-available']
  log(`cargo was not found; install Rust from https://rustup.rs${optional ? ' (skipped: the JS engine is used)' : ''}`)
  process.exit(optional ? 0 : 2)
}

// Loading a half-written library crashes a process, so the finished one is moved into place.
const staging = join(root, 'target', 'napi-out')
rmSync(staging, { recursive: true, force: true })
mkdirSync(staging, { recursive: true })
log('cargo builds the native engine (some minutes the first time)')
const cli = join(dirname(createRequire(import.meta.url).resolve('@napi-rs/cli/package.json')), 'dist', 'cli.js')
const started = new Date()
napiBuild('addon', ['--platform', '--no-js'])
if (hasDaemon) {
  log('cargo builds the daemon')
  napiBuild('daemon', ['--bin', 'sidelaned'])
  chmodSync(join(staging, 'sidelaned'), 0o755)
}
for (const name of readdirSync(staging))
  if (isLibrary(name) || name === 'sidelaned') replace(join(staging, name), join(native, name))
writeBuiltManifest()

/** Builds one crate into the staging folder. */
function napiBuild(crate, args) {
  const { target, 'use-napi-cross': napiCross, 'cross-compile': cross } = options
  const run = spawnSync(
    process.execPath,
    [
      ...[cli, 'build', '--release', ...args],
      ...['--manifest-path', join(native, crate, 'Cargo.toml')],
      ...['--package-json-path', join(root, 'package.json')],
      ...['--output-dir', staging],
      ...(target === undefined ? [] : ['--target', target]),
      ...(napiCross ? ['--use-napi-cross'] : []),
      ...(cross ? ['--cross-compile'] : []),
    ],
    { cwd: root, stdio: ['ignore', 2, 2] },
  )
  if (run.status !== 0) failed()
}

/** Replaces a built file by renaming: a running process keeps the old one. */
function replace(from, to) {
  // Sources edited during the build must be newer than the result.
  utimesSync(from, started, started)
  renameSync(from, to)
  print(to)
}

function print(path) {
  process.stdout.write(`${relative(process.cwd(), path)}\n`)
}

function failed() {
  log("the build failed; the messages above are cargo's")
  process.exit(1)
}

function isLibrary(name) {
  return name.startsWith('sidelane.') && name.endsWith('.node')
}

/** The newest library and the daemon, with their times; undefined when one is missing. */
function builtFiles() {
  const withTime = (name) => ({ name, path: join(native, name), time: statSync(join(native, name)).mtimeMs })
  const libraries = readdirSync(native)
    .filter(isLibrary)
    .map(withTime)
    .sort((a, b) => b.time - a.time)
  if (libraries.length === 0 || (hasDaemon && !existsSync(join(native, 'sidelaned')))) return undefined
  return [libraries[0], ...(hasDaemon ? [withTime('sidelaned')] : [])]
}

/** False for files that were truncated after their build. Files that came without a manifest get one. */
function isListed(built) {
  const listed = hasListedSizes(
    native,
    built.map(({ name }) => name),
  )
  if (listed === undefined) writeBuiltManifest()
  return listed ?? true
}

function writeBuiltManifest() {
  const names = readdirSync(native).filter((name) => isLibrary(name) || name === 'sidelaned')
  writeManifest(native, version, names)
}

function readOptions() {
  const flag = { type: 'boolean' }
  const known = {
    'if-available': flag,
    force: flag,
    target: { type: 'string' },
    'use-napi-cross': flag,
    'cross-compile': flag,
  }
  try {
    return parseArgs({ options: known }).values
  } catch (error) {
    process.stderr.write(`build:native: ${error.message}\n`)
    process.exit(2)
  }
}

/** Time of the newest file that cargo reads, in ms. */
function newestSource() {
  const folders = ['deflate', 'core', 'wire', 'addon', 'daemon'].map((name) => join(native, name))
  const files = ['Cargo.toml', 'Cargo.lock'].map((name) => join(root, name))
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
    }
  }
  return Math.max(...files.map((file) => statSync(file).mtimeMs))
}
