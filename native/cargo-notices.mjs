// THIRD-PARTY.txt of Rust binaries: the licence texts of the crates that are linked into them, of C code in these crates, and
// of Rust's standard library.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { cargo } from './cargo-parts.mjs'
import { noticesOf } from './notices.mjs'
import { root } from './npm-parts.mjs'

/** Crates that come without the LICENSE of their repository, and a crate or npm package that comes with it. */
const elsewhere = { 'alloc-stdlib': 'alloc-no-stdlib', napi: '@napi-rs/cli', 'napi-sys': '@napi-rs/cli' }

const isLicense = (name) => /^(?:un)?(?:licen[cs]e|copying|copyright|notice)/i.test(name) && !name.endsWith('.rs')
/** zstd is under this one or the BSD licence, which its LICENSE has. */
const notChosen = join('zstd', 'COPYING')

/** The texts for these crates of the workspace, built for these targets. */
export function cargoNotices(crates, targets) {
  const linked = linkedCrates(crates, targets)
  return `${noticesOf([...linked.flatMap((crate) => textsOf(crate, linked)), ...standardLibrary()])}\n`
}

/** Those of other workspaces. Procedural macros, and what is for builds and tests, are not linked. */
function linkedCrates(crates, targets) {
  const platforms = targets.flatMap((target) => ['--filter-platform', target])
  const { packages } = JSON.parse(cargo('metadata', '--locked', '--format-version', '1', ...platforms))
  const known = new Map(packages.map((one) => [`${one.name} v${one.version}`, one]))
  const tree = cargo(
    ...['tree', '--locked', '-e', 'normal,no-proc-macro', '--prefix', 'none', '--format', '{p}'],
    ...crates.flatMap((crate) => ['-p', crate]),
    ...targets.flatMap((target) => ['--target', target]),
  )
  const lines = tree.split('\n').filter(Boolean)
  return [...new Set(lines.map((line) => line.split(' ', 2).join(' ')))]
    .map((name) => known.get(name))
    .filter(({ source }) => source !== null)
    .map(({ name, version, manifest_path: path }) => ({ name, version, folder: dirname(path) }))
}

/** The texts of a crate, and of other code in its folder. */
export function textsOf({ name, version, folder }, linked) {
  const texts = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isLicense(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => file !== notChosen)
    .map((file) => ({ part: dirname(file), text: readFileSync(join(folder, file), 'utf8') }))
  if (!texts.some(({ part }) => part === '.')) {
    const lender = elsewhere[name]
    if (!lender) throw new Error(`${name} ${version} has no licence text: name one in native/cargo-notices.mjs`)
    const from = linked.find((crate) => crate.name === lender)?.folder ?? join(root, 'node_modules', lender)
    texts.push({ part: '.', text: readFileSync(join(from, 'LICENSE'), 'utf8') })
  }
  return texts.map(({ part, text }) => ({ of: `${name} ${version}${part === '.' ? '' : ` (${part})`}`, text }))
}

/**
 * The texts that the toolchain has. The library may be used under Apache-2.0, its compiler_builtins have parts under MIT and LLVM's
 * exception, and its tables are of Unicode.
 */
function standardLibrary() {
  const rustc = (...args) => execFileSync('rustc', args, { cwd: root, encoding: 'utf8' }).trim()
  const folder = join(rustc('--print', 'sysroot'), 'share/doc/rust/licenses')
  if (!existsSync(folder)) throw new Error(`There is no ${folder}: a toolchain of rustup has it`)
  return ['Apache-2.0', 'LLVM-exception', 'MIT', 'Unicode-3.0'].map((license) => ({
    of: `standard library of ${rustc('--version')}`,
    text: readFileSync(join(folder, `${license}.txt`), 'utf8'),
  }))
}
