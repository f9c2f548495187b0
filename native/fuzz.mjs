// Fuzzes the native crates: `npm run fuzz -- TARGET SECONDS`. Needs Rust's cargo and cargo-fuzz, and a C++ compiler for
// libFuzzer.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const native = dirname(fileURLToPath(import.meta.url))
const root = dirname(native)
const targets = readdirSync(join(native, 'fuzz', 'targets')).map((name) => name.replace('.rs', ''))
const usage = `Usage: npm run fuzz -- TARGET SECONDS

Runs a fuzz target of native/fuzz/targets on native/fuzz/seeds for some seconds.
Targets: ${targets.join(', ')}

New inputs are kept in target/fuzz/corpus, inputs that fail in target/fuzz/artifacts.
Exit code: 0 no failure, 1 a failure was found or the build failed, 2 an argument or a tool is missing.
`

const [target, seconds, ...rest] = process.argv.slice(2)
if (target === '--help' || target === '-h') {
  process.stdout.write(usage)
} else if (!targets.includes(target)) {
  exit(`Expected one of ${targets.join(', ')}, got ${target ?? 'no target'}; --help shows the usage`)
} else if (!/^[1-9]\d{0,5}$/.test(seconds ?? '') || rest.length > 0) {
  exit(`Expected a number of seconds behind the target, got ${[seconds, ...rest].join(' ') || 'nothing'}`)
} else if (spawnSync('cargo', ['fuzz', '--version'], { stdio: 'ignore' }).status !== 0) {
  exit('cargo-fuzz was not found; install Rust from https://rustup.rs, then: cargo install cargo-fuzz')
} else {
  process.exitCode = run(target, seconds)
}

function run(target, seconds) {
  const [corpus, artifacts] = ['corpus', 'artifacts'].map((name) => join(root, 'target', 'fuzz', name, target))
  for (const folder of [corpus, artifacts]) mkdirSync(folder, { recursive: true })
  const { status } = spawnSync(
    'cargo',
    [
      ...['fuzz', 'run', '--fuzz-dir', join(native, 'fuzz'), '--target-dir', join(root, 'target', 'fuzz')],
      // The crates forbid unsafe code, so AddressSanitizer would only slow the targets down.
      ...['--sanitizer', 'none', target, corpus, join(native, 'fuzz', 'seeds', target)],
      ...['--', `-max_total_time=${seconds}`, '-timeout=10', `-artifact_prefix=${artifacts}/`],
    ],
    // cargo-fuzz passes unstable compiler flags, which stable Rust accepts with this variable.
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, RUSTC_BOOTSTRAP: '1' } },
  )
  return status === 0 ? 0 : 1
}

function exit(message) {
  process.stderr.write(`fuzz: ${message}\n`)
  process.exitCode = 2
}
