// Builds the services of bench/peers/axum if Rust is installed. Cargo skips up-to-date builds.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Works from build/bench/sidecar and from bench/sidecar: the crate is not copied to build.
const root = fileURLToPath(new URL(import.meta.url.includes('/build/bench/') ? '../../../' : '../../', import.meta.url))
const target = `${root}target/axum-peers`
const built = `${target}/built`

/** flate2 supports one backend for each build, so the service is built twice. */
const builds = [
  { feature: 'miniz', bins: { 'axum-http': 'axum-http', 'axum-raw': 'axum-raw' } },
  { feature: 'zlib-rs', bins: { 'axum-http': 'axum-http-zlib-rs' } },
] as const

/** The executable of a peer. */
export const axumFile = (id: string): string => `${built}/${id}`

/** The reason why the peers are missing; undefined when they are built. */
export function buildAxum(say: (text: string) => void): string | undefined {
  if (spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status !== 0) return 'cargo was not found'
  mkdirSync(built, { recursive: true })
  for (const { feature, bins } of builds) {
    say(`cargo builds the Axum peers with ${feature} (a minute the first time)`)
    const names = Object.keys(bins).flatMap((bin) => ['--bin', bin])
    const manifest = `${root}bench/peers/axum/Cargo.toml`
    const options = ['--release', '--locked', '--manifest-path', manifest, '--target-dir', target]
    const run = spawnSync('cargo', ['build', ...options, '--features', feature, ...names], { encoding: 'utf8' })
    if (run.status !== 0) return `cargo could not build them: ${run.stderr.trim().split('\n').at(-1) ?? ''}`
    for (const [bin, id] of Object.entries(bins)) copyFileSync(`${target}/release/${bin}`, axumFile(id))
  }
  return undefined
}

/** Whether they are built, possibly from older sources. */
export const hasAxum = (): boolean =>
  builds.every(({ bins }) => Object.values(bins).every((id) => existsSync(axumFile(id))))
