// Builds and runs bench/peers/stages: Rust libraries and the stages of the native core, in a process of their own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { cargoBuild } from '../measure/cargo.ts'
import { WrongAnswer } from '../../src/measure/wrong-answer.ts'
import type { StageInput } from './contract.ts'
import type { Measured } from './row.ts'

// Works from build/bench/stages and from bench/stages: the crate is not copied to build.
const root = fileURLToPath(new URL(import.meta.url.includes('/build/bench/') ? '../../../' : '../../', import.meta.url))
const crate = join(root, 'bench/peers/stages')
const target = join(root, 'target/stage-peers')
const binary = join(
  target,
  'release',
  process.platform === 'win32' ? 'sidelane-stage-peers.exe' : 'sidelane-stage-peers',
)

/** What the program says of the processor. */
export interface Processor {
  readonly features: readonly string[]
  /** The implementation of SHA-256 that answers. */
  readonly sha: string
}

/** The reason why there are no rows of Rust; undefined when the program is built and up to date. */
export const buildStagePeers = (say: (text: string) => void): Promise<string | undefined> =>
  cargoBuild({ what: 'the Rust libraries', crate, target, say })

const libraries = [
  'libdeflater',
  'miniz_oxide',
  'ring',
  'serde_json',
  'sha2',
  'simd-json',
  'sonic-rs',
  'zlib-rs',
  'zstd-sys',
]

/** Versions from the crate's lock file. */
export function stagePeerVersions(): Readonly<Record<string, string>> {
  const lock = readFileSync(join(crate, 'Cargo.lock'), 'utf8')
  const versionOf = (name: string): string =>
    new RegExp(`^name = "${name}"\\nversion = "([^"]+)"`, 'm').exec(lock)?.[1] ?? 'unknown'
  return Object.fromEntries(libraries.map((name) => [name, versionOf(name)]))
}

export interface RustPlan {
  readonly rounds: number
  readonly minRounds: number
  readonly budgetMs: number
}

/** Throws `WrongAnswer` when a library or the core answers wrongly. */
export async function runStagePeers(
  input: StageInput,
  plan: RustPlan,
): Promise<{ readonly processor: Processor; readonly measured: readonly Measured[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-'))
  try {
    writeInput(folder, input)
    const numbers = [plan.budgetMs.toFixed(0), String(plan.rounds), String(plan.minRounds)]
    const child = spawn(binary, [folder, ...numbers], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    if (code === 1) throw new WrongAnswer(err.trim())
    if (code !== 0) throw new Error(`${binary} ended with ${String(code ?? signal)}: ${err.trim()}`)
    const [first, ...rest] = out.trim().split('\n')
    return {
      processor: JSON.parse(first as string) as Processor,
      measured: rest.map((line) => JSON.parse(line) as Measured),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function writeInput(folder: string, { contract, trained, payloads, canonical, training }: StageInput): void {
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content)
  write('payloads', byteList(payloads))
  write('canonical', byteList(canonical.map((text) => Buffer.from(text))))
  write('training', byteList(training))
  write('lock.json', JSON.stringify(contract.lock))
  if (trained !== undefined) write('trained.lock.json', JSON.stringify(trained.lock))
}

/** Each item behind its length (u32, little-endian). */
export function byteList(items: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => {
      const size = Buffer.alloc(4)
      size.writeUInt32LE(item.length)
      return [size, item]
    }),
  )
}
