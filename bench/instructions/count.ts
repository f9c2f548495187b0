// Builds the program of native/core/benches/instructions.rs and counts its instructions with callgrind.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Count, Origin } from './compare.ts'
import type { InstructionInputs } from './inputs.ts'

/** A tool is missing, or failed. The message is for the user. */
export class CannotCount extends Error {
  override readonly name = 'CannotCount'
}

/** Throws `CannotCount`. */
export function requireTools(): void {
  if (!answers('valgrind')) throw new CannotCount('valgrind was not found: install it with the system’s packages')
  if (!answers('cargo')) throw new CannotCount('cargo was not found: install Rust from https://rustup.rs')
}

const answers = (tool: string): boolean => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0

/** The built program. Throws `CannotCount`. */
export function buildProgram(root: string): string {
  const args = [
    'bench',
    '-p',
    'sidelane-core',
    '--bench',
    'instructions',
    '--locked',
    '--no-run',
    '--message-format=json',
  ]
  const run = spawnSync('cargo', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const built = run.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { target?: { name: string }; executable?: string | null })
    .find(({ target, executable }) => target?.name === 'instructions' && typeof executable === 'string')
  if (run.status !== 0 || built === undefined) throw new CannotCount('cargo could not build the program')
  return built.executable as string
}

/** Throws `CannotCount`. `folder` takes callgrind's parts. */
export function count(
  program: string,
  { args }: InstructionInputs,
  folder: string,
): { readonly features: readonly string[]; readonly counts: readonly Count[] } {
  const part = join(folder, 'part')
  const options = [
    '--tool=callgrind',
    '--quiet',
    `--callgrind-out-file=${part}`,
    // Valgrind 3.19 ignores the second of two patterns that begin alike.
    '--toggle-collect=instructions::counted*',
    '--dump-before=*::end_of_part*',
    // Parts hold totals only.
    '--dump-line=no',
    '--separate-threads=no',
  ]
  const env = { PATH: process.env.PATH, LC_ALL: 'C' }
  const run = spawnSync('valgrind', [...options, program, ...args], { encoding: 'utf8', env, maxBuffer: 1 << 26 })
  if (run.status !== 0)
    throw new CannotCount(`valgrind ended with ${String(run.status ?? run.signal)}: ${run.stderr.trim()}`)
  const [first, ...rest] = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const counts = rest.map((line, index): Count => {
    const { stage, payloads, bytes } = line as unknown as Count
    return { stage, payloads, bytes, instructions: totalOf(`${part}.${index + 1}`) }
  })
  return { features: first?.features as string[], counts }
}

function totalOf(file: string): number {
  const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]
  if (total === undefined || Number(total) === 0) throw new CannotCount(`callgrind counted nothing in ${file}`)
  return Number(total)
}

/** The compilers. */
export function compilers(): Pick<Origin, 'rustc' | 'cc'> {
  const rustc = spawnSync('rustc', ['-vV'], { encoding: 'utf8' }).stdout ?? ''
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(rustc)?.[1] ?? 'unknown'
  const cc = spawnSync(process.env.CC ?? 'cc', ['--version'], { encoding: 'utf8' }).stdout ?? ''
  return {
    rustc: `${field('release')} ${field('commit-hash').slice(0, 9)} ${field('host')}`,
    cc: cc.split('\n')[0] || 'unknown',
  }
}
