// Process entry: `npm run bench:instructions`. Counts the instructions of each stage of the Rust core with callgrind and
// compares them with bench/record/instructions.json.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare, comparisonText, maxGrowthPercent, type Counted, type Recorded } from './instructions/compare.ts'
import { buildProgram, CannotCount, compilers, count, requireTools } from './instructions/count.ts'
import { recordLocks, writeInputs } from './instructions/inputs.ts'

const usage = `Counts the instructions of each stage of the Rust core, with callgrind, and compares them with bench/record/instructions.json.

  npm run bench:instructions                  exit code 1 when a count has grown by more than ${maxGrowthPercent} %
  npm run bench:instructions -- --record      writes the counts of this machine, and the locks, to bench/record

How it counts, and what makes counts comparable: bench/METHOD.md. Exit codes: 0 done, or nothing to compare with here;
1 a count has grown, or the inputs have changed; 2 a wrong option, or valgrind or cargo is missing.`

const note =
  'Instructions by callgrind, for a whole payload set. Callgrind offers fewer processor features than the machine (no SHA-NI, no AVX-512): SHA-256 and copies take other ways than outside of it.'

// Works from build/bench and from bench.
const root = fileURLToPath(new URL(import.meta.url.includes('/build/bench/') ? '../../' : '../', import.meta.url))
const records = join(root, 'bench/record')
const recordFile = join(records, 'instructions.json')

const print = (text: string): void => void process.stdout.write(`${text}\n`)

try {
  process.exitCode = main()
} catch (error) {
  if (!(error instanceof CannotCount)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

function main(): number {
  let options: { help?: boolean; record?: boolean }
  try {
    options = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, record: { type: 'boolean' } } }).values
  } catch (error) {
    throw new CannotCount(
      `${error instanceof Error ? (error.message.split('. ')[0] as string) : String(error)}\nTry --help.`,
    )
  }
  if (options.help === true) {
    print(usage)
    return 0
  }
  requireTools()
  if (options.record === true) {
    mkdirSync(records, { recursive: true })
    recordLocks(records)
  } else if (!existsSync(recordFile)) {
    print('bench/record/instructions.json is not there: record with --record')
    return 0
  }
  process.stderr.write('cargo builds the program (a minute or two the first time)\n')
  const program = buildProgram(root)
  process.stderr.write('callgrind counts (a minute at most)\n')
  const counted = run(program)
  if (options.record === true) {
    writeFileSync(recordFile, `${JSON.stringify({ note, ...counted } satisfies Recorded, null, 2)}\n`)
    print(`recorded ${counted.counts.length} counts in bench/record/instructions.json`)
    return 0
  }
  return report(counted)
}

function run(program: string): Counted {
  const folder = mkdtempSync(join(tmpdir(), 'sidelane-instructions-'))
  try {
    const inputs = writeInputs(folder, records)
    const { features, counts } = count(program, inputs, folder)
    return { origin: { ...compilers(), features }, inputs: inputs.digest, counts }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function report(counted: Counted): number {
  const result = compare(JSON.parse(readFileSync(recordFile, 'utf8')) as Recorded, counted)
  if (result.kind === 'other-origin') {
    print(`not compared: the counts were recorded elsewhere\n${result.differences.join('\n')}`)
    return 0
  }
  if (result.kind === 'other-inputs') {
    print('not compared: payloads or locks have changed; record again with --record')
    return 1
  }
  const { deltas, failed, gone } = result
  print(comparisonText(deltas))
  for (const { stage, payloads } of gone) print(`recorded, but not counted any more: ${stage} ${payloads}`)
  print(
    failed.length === 0
      ? `no count has grown by more than ${maxGrowthPercent} %`
      : `${failed.length} of ${deltas.length} counts have grown by more than ${maxGrowthPercent} %`,
  )
  return failed.length + gone.length > 0 ? 1 : 0
}
