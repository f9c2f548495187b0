// Builds the services of bench/peers/axum if Rust is installed.

import { copyFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cargoBuild } from '../measure/cargo.ts'

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

/** The reason why the peers are missing; undefined when they are built and up to date. */
export async function buildAxum(say: (text: string) => void): Promise<string | undefined> {
  mkdirSync(built, { recursive: true })
  for (const { feature, bins } of builds) {
    const what = `the Axum peers with ${feature}`
    const names = Object.keys(bins).flatMap((bin) => ['--bin', bin])
    say(`cargo builds ${what} (a minute or two the first time)`)
    const args = ['--features', feature, ...names]
    const missing = await cargoBuild({ what, crate: `${root}bench/peers/axum`, target, args, say })
    if (missing !== undefined) return missing
    for (const [bin, id] of Object.entries(bins)) copyFileSync(`${target}/release/${bin}`, axumFile(id))
  }
  return undefined
}
