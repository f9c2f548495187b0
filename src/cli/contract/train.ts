// `sidelane contract train`: adds what samples teach to a lock, compression tables or a zstd dictionary.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { lockText } from '../../contract/index.ts'
import type { Contract, Rejected } from '../../model/index.ts'
import {
  trainContract,
  trainDictionary,
  type DictionaryTraining,
  type TrainedClass,
  type Training,
} from '../../train/index.ts'
import { exitCodes, isFile, readFileArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { formatCount, formatPlural } from '../format-units.ts'
import type { Io } from '../io.ts'
import { contractOption, fileOption, samplesOption } from '../options.ts'
import { expectWritable, writeFileAtomically } from '../output-file.ts'
import { WatchedSamples } from '../input/watched-samples.ts'

const topic = 'contract train'

const help = `sidelane contract train --payloads FILE LOCK [-o LOCK] [--json]

Trains the compression of a contract on sample payloads and writes the lock. With gzip, deflate or deflate-raw at level 1 it
gets tables: codes for payloads like the samples, by size and by ASCII or not, with which the native engine compresses in one
pass. The contract's id stays. With zstd it gets a dictionary, in a file NAME-ID.dict beside the lock, which is part of the id.
What the lock had before is replaced. Dictionary files are not: bodies that were written with one cannot be read without it.

  --payloads FILE    a payload a line (.ndjson, .jsonl), a JSON array of payloads, or one payload; "-" is stdin
  -o, --out LOCK     where to write; "-" is stdout, not with zstd. Default: the lock that is read
  --json             one JSON object on stdout: { lock, id, accepted, rejected, classes } or { …, dictionary }

Every second sample is held out: what is printed is the size of bodies that the training has not seen. A table is kept where
they grow by 5 % at most against a header for each body. Samples that the contract rejects are reported and skipped.
The same samples in the same order give the same lock. Exit code 1: no sample was accepted.

Examples
  sidelane contract train --payloads orders.ndjson order.lock.json
  sidelane contract train --payloads orders.ndjson order.lock.json -o trained.lock.json --json | jq '.classes[].result'
`

const options = {
  payloads: { value: 'file' },
  out: { value: 'file', short: 'o' },
  json: {},
} as const satisfies OptionTable

export const contractTrain: Command = {
  summary: 'train the compression of a contract on sample payloads',
  help,
  options,
  operands: 'file',
  async run(args, io) {
    const { values, file } = readFileArgs(topic, args, options, 'LOCK')
    const { payloads, out = file } = values
    if (payloads === undefined) throw new UsageError(topic, 'Expected --payloads FILE')
    if (out === '-' && values.json === true) throw new UsageError(topic, 'Expected -o LOCK beside --json, not stdout')
    const contract = contractOption(topic, file)
    const isZstd = contract.lock.compress.codec === 'zstd'
    if (isZstd && (out === '-' || (existsSync(out) && !isFile(out))))
      throw new UsageError(topic, 'Expected -o LOCK to be a file: the dictionary is written beside it')
    expectWritable(topic, out, payloads)
    const samples = new WatchedSamples(await samplesOption(topic, payloads, io), io)
    const onRejected = ({ code, issues }: Rejected): void => {
      const [issue] = issues
      samples.report(`${code}${issue?.pointer ? ` at ${issue.pointer}` : ''}`)
    }
    const train = isZstd ? trainDictionary : trainContract
    const trained = fileOption(topic, () => samples.withReports(() => train(contract, samples, { onRejected })))
    write(trained, out, io)
    if (values.json === true) io.print(`${JSON.stringify(asJson(trained, out), null, 2)}\n`)
    else if (out !== '-') io.print(asText(trained, io))
    io.log(summary(trained, out, contract))
    return exitCodes.ok
  },
}

type Trained = Training | DictionaryTraining

/** The dictionary first: a lock in use never names one that is not there. */
function write({ contract: { lock, dictionary } }: Trained, out: string, io: Io): void {
  if (lock.dictionary !== undefined && dictionary !== undefined) {
    writeFileAtomically(join(dirname(out), lock.dictionary.path), dictionary, topic)
  }
  const text = `${lockText(lock, 2)}\n`
  if (out === '-') io.print(text)
  else writeFileAtomically(out, text, topic)
}

function asJson(trained: Trained, out: string): object {
  const { contract, accepted, rejected } = trained
  const shared = { lock: out, id: contract.id, accepted, rejected }
  if ('classes' in trained) return { ...shared, classes: trained.classes }
  const { heldOut, canonicalBytes, plainBytes, dictionaryBytes } = trained
  return {
    ...shared,
    dictionary: contract.lock.dictionary ?? null,
    heldOut,
    canonicalBytes,
    plainBytes,
    dictionaryBytes,
  }
}

const results = {
  kept: 'kept',
  few: 'dropped: too few samples',
  loss: 'dropped: bodies grow too much',
} as const satisfies Record<TrainedClass['result'], string>

function asText(trained: Trained, io: Io): string {
  if ('classes' in trained) {
    const head = ['canonical form', 'samples', 'mean bytes', 'ratio without', 'with', 'growth', '']
    return table([head, ...trained.classes.map(rowOf)], io)
  }
  const { accepted, contract, heldOut, canonicalBytes, plainBytes, dictionaryBytes } = trained
  const head = ['codec', 'samples', 'mean bytes', 'ratio without', 'with', 'growth', '']
  const sizes = figures(heldOut, canonicalBytes, plainBytes, dictionaryBytes)
  return table([head, ['zstd', formatCount(accepted), ...sizes, contract.dictionary ? 'kept' : results.loss]], io)
}

function rowOf(one: TrainedClass): string[] {
  const sizes = figures(one.heldOut, one.canonicalBytes, one.dynamicBytes, one.tableBytes)
  return [
    `${one.ascii ? 'ASCII' : 'other'}, ${formatCount(one.minBytes)} to ${formatCount(one.maxBytes)} bytes`,
    formatCount(one.samples),
    ...sizes,
    results[one.result],
  ]
}

/** Mean bytes, ratio without and with what was trained, growth of the bodies. */
function figures(count: number, canonical: number, without: number, trained: number): string[] {
  if (count === 0) return ['', '', '', '']
  const growth = 100 * (trained / without - 1)
  return [
    formatCount(canonical / count),
    (canonical / without).toFixed(2),
    (canonical / trained).toFixed(2),
    `${growth < 0 ? '' : '+'}${growth.toFixed(1)} %`,
  ]
}

/** Columns of equal width; numbers are aligned to the right. */
function table(rows: readonly (readonly string[])[], io: Io): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const cell = (text: string, column: number): string =>
    column === 0 || column === widths.length - 1 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  const line = (row: readonly string[]): string => row.map(cell).join('  ').trimEnd()
  return rows.map((row, index) => `${index === 0 ? io.style('dim', line(row)) : line(row)}\n`).join('')
}

function summary(trained: Trained, out: string, before: Contract): string {
  const { contract, accepted, rejected } = trained
  const kept =
    'classes' in trained
      ? formatPlural(contract.lock.tables?.classes.length ?? 0, 'table')
      : contract.lock.dictionary === undefined
        ? 'no dictionary'
        : `dictionary ${contract.lock.dictionary.path}`
  const left = rejected === 0 ? '' : ` (${formatCount(rejected)} rejected)`
  const id = contract.id === before.id ? `id ${contract.id}, as before` : `new id ${contract.id}`
  return `${contract.name}: ${kept} from ${formatPlural(accepted, 'sample')}${left}, ${out === '-' ? 'lock' : `wrote ${out}`}, ${id}`
}
