// The report of `--stages` as text: a header, and a table for each stage.

import { sizeClasses } from '../payloads/sets.ts'
import { figure } from '../report/table.ts'
import type { Machine } from '../../src/measure/machine.ts'
import { referenceOf, references, stageNames, type Stage, type StageRow } from './row.ts'

export interface StageHeader {
  readonly machine: Machine
  /** The implementations of SHA-256 that answer. */
  readonly sha: string
  readonly engines: readonly { readonly name: string; readonly text: string }[]
  /** The versions of the Rust libraries, or why they have no rows. */
  readonly rust: Readonly<Record<string, string>> | string
  readonly rounds: readonly [number, number]
  readonly seed: number
  readonly sets: readonly {
    readonly name: string
    readonly origin: string
    readonly count: number
    readonly meanBytes: number
    readonly leftOut: Readonly<Record<string, string>>
  }[]
}

export function stageHeaderText({ machine, sha, engines, rust, rounds, seed, sets }: StageHeader): string {
  const features = machine.cpuFeatures.length > 0 ? ` (${machine.cpuFeatures.join(' ')})` : ''
  const busy = machine.load > machine.cores / 2 ? `  — busy: load ${machine.load}; trust the ratios only` : ''
  const list = (versions: Readonly<Record<string, string>>): string =>
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')
  const [least, most] = rounds
  const leftOut = new Map(
    sets.flatMap((set) => Object.entries(set.leftOut).map(([id, why]) => [`${id}: ${why}`, set.name])),
  )
  return [
    `machine   ${machine.cpu}${features}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.os}${busy}`,
    `node      ${machine.node}, V8 ${machine.v8}, zlib ${machine.zlib}`,
    `SHA-256   ${sha}`,
    `packages  ${list(machine.packages)}`,
    `crates    ${typeof rust === 'string' ? `absent, no rows of Rust: ${rust}` : list(rust)}`,
    ...engines.map(({ name, text }) => `${name.padEnd(8)}  ${text}`),
    `rounds    ${least === most ? least : `${least} to ${most}`}, interleaved; µs = the best of them; generated payloads from seed ${seed}`,
    ...sets.map(
      ({ name, origin, count, meanBytes }) =>
        `payloads  ${name}: ${origin}; ${count}, mean ${Math.round(meanBytes).toLocaleString('en')} bytes`,
    ),
    ...[...leftOut].map(([text, set]) => `left out  ${set}: ${text}`),
  ].join('\n')
}

const work: Readonly<Record<Stage, string>> = {
  parse: 'bytes to a document; UTF-8 is checked',
  validate: 'a parsed document is normalized and checked',
  canonical: 'a document to canonical text; JSON.stringify, serde_json and sonic-rs only write it',
  digest: 'SHA-256 of the canonical bytes',
  compress: 'the canonical bytes to gzip (zstd: a frame); size = canonical bytes for a byte of the result',
  whole: 'all stages in one call; zod+zlib has no canonical form and no digest',
}

/** A line for each contender and series: µs at each size, ns for a byte from 4 KB on, how much that varies. */
export function stageTables(rows: readonly StageRow[]): string {
  return stageNames
    .map((stage) => rows.filter((row) => row.stage === stage))
    .filter((own) => own.length > 0)
    .map((own) => stageTable((own[0] as StageRow).stage, own))
    .join('\n\n')
}

function stageTable(stage: Stage, rows: readonly StageRow[]): string {
  const sizes = sizeClasses.filter(({ bytes }) => rows.some((row) => classOf(row) === bytes))
  const large = sizes.filter(({ bytes }) => bytes >= flatFrom)
  const compresses = stage === 'compress'
  const head = [
    'payloads',
    'contender',
    ...sizes.map(({ label }) => label),
    ...large.map(({ label }, index) => `${index === 0 ? 'ns/B ' : ''}${label.replace(/ (.)B$/, '$1')}`),
    'flat',
    '×',
    ...(compresses ? ['size'] : []),
  ]
  const lines: string[][] = []
  for (const series of new Set(rows.map(seriesOf))) {
    const own = rows.filter((row) => seriesOf(row) === series)
    for (const id of new Set(own.map((row) => row.id))) {
      const bySize = new Map(own.filter((row) => row.id === id).map((row) => [classOf(row), row]))
      const main = bySize.get(mainBytes) ?? [...bySize.values()].at(-1)
      const costs = large.flatMap(({ bytes }) => bySize.get(bytes)?.nsPerByte ?? [])
      lines.push([
        series,
        id,
        ...sizes.map(({ bytes }) => figure(bySize.get(bytes)?.us ?? Number.NaN)),
        ...large.map(({ bytes }) => figure(bySize.get(bytes)?.nsPerByte ?? Number.NaN)),
        costs.length < 2 ? '–' : (Math.max(...costs) / Math.min(...costs)).toFixed(2),
        figure(main?.speed ?? Number.NaN),
        ...(compresses ? [main?.ratio?.toFixed(3) ?? '–'] : []),
      ])
    }
  }
  const reference = referenceOf(stage, rows)?.id ?? references[stage][0]
  const title = `${stage}: ${work[stage]}; µs by size, × = speed relative to ${reference} (at 4 KB if there is that size)`
  return `${title}\n${aligned([head, ...lines])}`
}

/** From this size on, a byte should cost the same. */
const flatFrom = 4096
const mainBytes = 4096

const seriesOf = ({ payloads }: StageRow): string =>
  /^(?:clicks|orders)-\d+[km]?b-(\w+)$/.exec(payloads)?.[1] ?? payloads

/** The class of sizes that a row is printed in: the nearest. */
function classOf({ size }: StageRow): number {
  const distance = (bytes: number): number => Math.abs(Math.log(bytes / size))
  return sizeClasses.map(({ bytes }) => bytes).toSorted((one, other) => distance(one) - distance(other))[0] as number
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] as readonly string[]).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] as string).length)),
  )
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
