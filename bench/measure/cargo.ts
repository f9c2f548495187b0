// Builds a crate of bench/peers with cargo, which skips what is up to date, and tells what it compiles.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

export interface CargoBuild {
  /** What is built, in a few words. */
  readonly what: string
  /** The folder of the crate. */
  readonly crate: string
  readonly target: string
  /** Further arguments of `cargo build`. */
  readonly args?: readonly string[]
  readonly say: (text: string) => void
}

/** The reason why nothing is built; undefined when it is. */
export async function cargoBuild({ what, crate, target, args = [], say }: CargoBuild): Promise<string | undefined> {
  // For tests, which have no time for a build.
  if (process.env.SIDELANE_BENCH_CARGO === 'off') return 'SIDELANE_BENCH_CARGO is off'
  if (spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return 'cargo was not found; install Rust (https://rustup.rs) and run again'
  }
  const options = ['--release', '--locked', '--manifest-path', join(crate, 'Cargo.toml'), '--target-dir', target]
  const child = spawn('cargo', ['build', ...options, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const packages = readFileSync(join(crate, 'Cargo.lock'), 'utf8').match(/^name = /gm)?.length ?? 0
  let compiled = 0
  let last = ''
  const ended = once(child, 'close')
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.trim() !== '') last = line.trim()
    const [, name] = /^\s*Compiling (\S+)/.exec(line) ?? []
    // Cargo does not say how many it will compile: the lock file has a few of other platforms too.
    if (name !== undefined) say(`cargo builds ${what}: ${name} (${++compiled} of at most ${packages})`)
  }
  const [code, signal] = (await ended) as [number | null, string | null]
  return code === 0 ? undefined : `cargo could not build ${what} (${String(code ?? signal)}): ${last}`
}
