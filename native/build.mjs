// Builds the native engine and the Rust daemon: `npm run build:native`. Needs Rust's cargo; downloads crates only.
//
//   --if-available   without cargo, prints a note and exits with 0
//   --force          builds even if the results are newer than every source
//
// The results are native/sidelane.<platform>.node and native/sidelaned. Their paths go to stdout, messages to stderr.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = dirname(fileURLToPath(import.meta.url))
const root = dirname(native)
const flags = new Set(process.argv.slice(2))
const log = (text) => process.stderr.write(`build:native: ${text}\n`)

for (const flag of flags) {
  if (flag !== '--if-available' && flag !== '--force') {
    log(`Expected --if-available or --force, got ${flag}`)
    process.exit(2)
  }
}

// No daemon on Windows: it serves Unix sockets.
const daemon = process.platform === 'win32' ? [] : [join(native, 'sidelaned')]
const built = builtFiles()
if (built && !flags.has('--force') && built.every(({ time }) => time > newestSource())) {
  log('up to date')
  for (const { path } of built) print(path)
  process.exit(0)
}

if (spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status !== 0) {
  const optional = flags.has('--if-available')
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
const run = spawnSync(
  process.execPath,
  [
    ...[cli, 'build', '--platform', '--release', '--no-js'],
    ...['--manifest-path', join(native, 'addon', 'Cargo.toml')],
    ...['--package-json-path', join(root, 'package.json')],
    ...['--output-dir', staging],
  ],
  { cwd: root, stdio: ['ignore', 2, 2] },
)
if (run.status !== 0) failed()
for (const name of readdirSync(staging).filter(isLibrary)) replace(join(staging, name), join(native, name))

if (daemon.length > 0) {
  log('cargo builds the daemon')
  const target = join(root, 'target')
  const build = ['build', '--release', '--package', 'sidelane-daemon', '--bin', 'sidelaned', '--target-dir', target]
  if (spawnSync('cargo', build, { cwd: root, stdio: ['ignore', 2, 2] }).status !== 0) failed()
  const copy = join(staging, 'sidelaned')
  copyFileSync(join(target, 'release', 'sidelaned'), copy)
  for (const path of daemon) replace(copy, path)
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
  const withTime = (path) => ({ path, time: statSync(path).mtimeMs })
  const libraries = readdirSync(native)
    .filter(isLibrary)
    .map((name) => withTime(join(native, name)))
    .sort((a, b) => b.time - a.time)
  if (libraries.length === 0 || !daemon.every((path) => existsSync(path))) return undefined
  return [libraries[0], ...daemon.map(withTime)]
}

/** Time of the newest file that cargo reads, in ms. */
function newestSource() {
  const folders = ['core', 'wire', 'addon', 'daemon'].map((name) => join(native, name))
  const files = ['Cargo.toml', 'Cargo.lock'].map((name) => join(root, name))
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
    }
  }
  return Math.max(...files.map((file) => statSync(file).mtimeMs))
}
