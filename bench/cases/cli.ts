// `--cli`: the rate of `sidelane process`, fed through a pipe as fast as it reads, against the closed loop of an equal
// pool. Its resident size is sampled meanwhile.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createProcessor, type Contract } from 'sidelane'
import { poolThreads } from '../contenders.ts'
import { ourContract } from '../contracts/ours.ts'
import { median } from '../../src/util/stats.ts'
import type { PayloadSet } from '../payloads/sets.ts'
import type { Target } from '../targets.ts'
import { closedLoop } from './stream.ts'

export interface CliRow {
  readonly engine: 'js' | 'native'
  readonly lines: number
  /** Lines a second, after the warm-up. */
  readonly perSecond: number
  /** The pool's payloads a second: the mean of a turn before and a turn after. */
  readonly poolPerSecond: number
  readonly ratio: number
  /** Resident bytes from one fifth to two fifths of the lines, and over the last fifth; medians. NaN without /proc. */
  readonly early: number
  readonly late: number
}

/** With fewer lines the heap is still growing, and the ratio has no meaning. */
export const fullLines = 1_000_000
const depth = 256
const poolMs = 3000
/** The share of lines for the warm-up: workers start, code is compiled. */
const warm = 0.1
const sampleMs = 50
/**
 * Young space (MiB) at V8's maximum from the start. Its growth happens at random times, and each step would look like a
 * leak.
 */
const fullYoungSpace = '--min-semi-space-size=16'

export async function cli(set: PayloadSet, engine: 'js' | 'native', lines: number): Promise<CliRow> {
  const contract = ourContract(set.contract, 'sha-256')
  const before = await poolRate(contract, set.payloads, engine)
  const { perSecond, early, late } = await runCli(contract, set.payloads, engine, lines)
  const after = await poolRate(contract, set.payloads, engine)
  const poolPerSecond = (before + after) / 2
  return { engine, lines, perSecond, poolPerSecond, ratio: perSecond / poolPerSecond, early, late }
}

async function poolRate(contract: Contract, payloads: readonly Buffer[], engine: 'js' | 'native'): Promise<number> {
  await using processor = await createProcessor(contract, { placement: 'pool', engine, threads: poolThreads() })
  const from = performance.now()
  await closedLoop(processor, payloads, depth, 16 * payloads.length)
  const count = Math.ceil((16 * payloads.length * poolMs) / (performance.now() - from))
  const warmAt = performance.now()
  await closedLoop(processor, payloads, depth, count)
  return (count * 1000) / (performance.now() - warmAt)
}

async function runCli(
  contract: Contract,
  payloads: readonly Buffer[],
  engine: 'js' | 'native',
  lines: number,
): Promise<Pick<CliRow, 'perSecond' | 'early' | 'late'>> {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-bench-'))
  try {
    const lock = join(folder, 'contract.lock.json')
    writeFileSync(lock, JSON.stringify(contract.lock))
    const options = ['--contract', lock, '--engine', engine, '--threads', String(poolThreads()), '--out', '/dev/null']
    const child = spawn(process.execPath, [fullYoungSpace, main, 'process', '--quiet', ...options], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    const ended = once(child, 'close') as Promise<[number | null]>
    const sizes: { readonly share: number; readonly bytes: number }[] = []
    let share = 0
    const sampler = setInterval(() => sizes.push({ share, bytes: residentBytes(child) }), sampleMs)
    let warmAt = 0
    await feed(child, payloads, lines, (done) => {
      share = done / lines
      if (warmAt === 0 && share >= warm) warmAt = performance.now()
    })
    const [code] = await ended
    const spentMs = performance.now() - warmAt
    clearInterval(sampler)
    if (code !== 0) throw new Error(`sidelane process ended with code ${String(code)}`)
    const sizeWithin = (from: number, to: number): number =>
      median(sizes.filter((size) => size.share >= from && size.share < to).map(({ bytes }) => bytes))
    return {
      perSecond: ((1 - warm) * lines * 1000) / spentMs,
      early: sizeWithin(0.2, 0.4),
      late: sizeWithin(0.8, 1),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const main = fileURLToPath(new URL('cli/main.js', import.meta.resolve('sidelane')))

/** Writes the payloads repeatedly, with backpressure. */
async function feed(
  { stdin }: ChildProcess,
  payloads: readonly Buffer[],
  lines: number,
  onProgress: (done: number) => void,
): Promise<void> {
  if (stdin === null) return
  const blocks = blocksOf(payloads)
  for (let done = 0, next = 0; done < lines; next++) {
    const { bytes, count } = blocks[next % blocks.length] as Block
    if (!stdin.write(bytes)) await once(stdin, 'drain')
    onProgress((done += count))
  }
  stdin.end()
}

/** Lines in one write. */
interface Block {
  readonly bytes: Buffer
  readonly count: number
}

function blocksOf(payloads: readonly Buffer[]): Block[] {
  const blocks: Block[] = []
  for (let from = 0; from < payloads.length; from += blockLines) {
    const some = payloads.slice(from, from + blockLines)
    // A line break in JSON text is white space: replaced by a space, the payload is one line of the same length.
    const texts = some.map((payload) => `${payload.toString().replaceAll(/[\r\n]/g, ' ')}\n`)
    blocks.push({ bytes: Buffer.from(texts.join('')), count: some.length })
  }
  return blocks
}

const blockLines = 32

function residentBytes({ pid }: ChildProcess): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? []
    return Number(kib) * 1024
  } catch {
    return Number.NaN
  }
}

export const cliText = (rows: readonly CliRow[]): string =>
  rows
    .map(
      ({ engine, lines, perSecond, poolPerSecond, ratio, early, late }) =>
        `${engine.padEnd(6)}  ${rate(perSecond)} of ${lines.toLocaleString('en')} lines  pool ${rate(poolPerSecond)} (${percent(ratio)})  RSS ${mib(early)} early, ${mib(late)} late (ratio ${(late / early).toFixed(3)})`,
    )
    .join('\n')

/** The targets of the command line. */
export const cliTargets = (rows: readonly CliRow[]): Target[] =>
  rows.flatMap(({ engine, lines, ratio, early, late }) => {
    const grown = late / early - 1
    const known = lines >= fullLines && !Number.isNaN(grown)
    return [
      { name: `process, ${engine}, of the pool's rate`, target: '≥ 70 %', measured: percent(ratio), met: ratio >= 0.7 },
      {
        name: `process, ${engine}, RSS late against early`,
        target: '≤ + 5 %',
        measured: known ? percent(grown) : null,
        met: known ? grown <= 0.05 : null,
      },
    ]
  })

const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString('en')}/s`
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
