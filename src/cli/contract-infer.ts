// `sidelane contract infer`: drafts a contract from sample payloads. The inference itself is in src/infer.

import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Contract } from '../model/index.ts'
import { parseLock } from '../contract/index.ts'
import { createEngine } from '../engine/index.ts'
import { inferContract, type Inferred } from '../infer/index.ts'
import { formatCount, formatPlural } from './format-units.ts'
import { readArgs, UsageError, type Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import type { Io } from './io.ts'
import { progressLine } from './progress.ts'
import { openSamples, type SampleSource } from './sample-files.ts'
import { writeFileAtomically } from './write-file.ts'

const topic = 'contract infer'

const help = `sidelane contract infer FILE -o MODULE [--name NAME] [--typescript]

Drafts a contract from sample payloads, as zod source with comments on what to review. The draft accepts every sample.
FILE holds a payload a line (.ndjson, .jsonl), a JSON array of payloads, or one payload.

  -o, --out MODULE   where to write; "-" is stdout. An existing file is overwritten only with --force
  --name NAME        the contract's name: a-z, 0-9 and "-"; default: the name of FILE
  --typescript       also writes the payload's type; a MODULE that ends in .ts has it too
  --force            overwrites MODULE

Inferred: optional and nullable members, integers, formats (UUID, date, email, URL …), enums where few values repeat,
maps, and discriminators. Lengths and ranges are written as comments, not as rules. Samples that are not strict JSON are
reported with their line number and skipped. Exit code 1: no sample was valid.

Examples
  sidelane contract infer orders.ndjson -o order.contract.js --name order
  sidelane contract infer orders.json -o order.contract.ts                 with \`export type Order\`
  head -1000 huge.ndjson > some.ndjson; sidelane contract infer some.ndjson -o - | less
  then: review the comments, and  sidelane contract export order.contract.js -o order.lock.json
`

export const contractInfer: Command = {
  summary: 'draft a contract from sample payloads, as zod source to review',
  help,
  run(args, io) {
    const { values, positionals } = readArgs(topic, {
      args: [...args],
      options: {
        out: { type: 'string', short: 'o' },
        name: { type: 'string' },
        typescript: { type: 'boolean' },
        force: { type: 'boolean' },
      },
    })
    const [file, ...others] = positionals
    const { out } = values
    if (file === undefined || others.length > 0) throw new UsageError(topic, 'Expected one FILE')
    if (out === undefined) throw new UsageError(topic, 'Expected -o MODULE, or -o - for stdout')
    if (!existsSync(file)) throw new UsageError(topic, `There is no file ${file}`)
    if (out !== '-' && values.force !== true && existsSync(out))
      throw new UsageError(topic, `${out} exists and may contain edits; --force overwrites it`)
    const name = values.name ?? nameOf(file)
    if (!/^[a-z0-9-]{1,64}$/.test(name))
      throw new UsageError(topic, `Expected --name to be 1 to 64 of a-z, 0-9 and "-", got "${name}"`)
    const samples = withProgress(openSamples(file), statSync(file).size, io)
    let reported = 0
    const inferred = inferContract(samples, {
      name,
      typescript: values.typescript ?? /\.[cm]?ts$/.test(out),
      origin: basename(file),
      onSkipped: ({ code, pointer = '' }) => {
        reported++
        if (reported <= maxReported) io.log(`${samples.where()}: ${code}${pointer === '' ? '' : ` at ${pointer}`}`)
      },
    })
    if (reported > maxReported) io.log(`and ${formatCount(reported - maxReported)} more`)
    verifyDraft(inferred.contract, samples)
    samples.end()
    if (out === '-') io.print(inferred.source)
    else writeFileAtomically(out, inferred.source, topic)
    io.log(summary(inferred, out))
    return Promise.resolve(exitCodes.ok)
  },
}

const maxReported = 20

/** The file name, reduced to the characters that a contract name may have. */
const nameOf = (file: string): string =>
  basename(file)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64) || 'payload'

function summary({ samples, skipped, contract }: Inferred, out: string): string {
  const left = skipped === 0 ? '' : `, ${formatCount(skipped)} skipped`
  const target = out === '-' ? 'draft' : `wrote ${out}, a draft`
  const next =
    out === '-' ? '' : `\nReview its comments, then: sidelane contract export ${out} -o ${contract.name}.lock.json`
  return `${contract.name}: ${target} that accepts ${formatPlural(samples, 'sample')}${left}${next}`
}

/** Checks that the draft accepts every sample, by running each through the js engine. */
function verifyDraft({ lock }: Contract, samples: SampleSource): void {
  const bare = parseLock(JSON.stringify({ ...lock, compress: { codec: 'none' }, digest: 'none' }))
  const compiled = createEngine('js').compile(bare)
  for (const sample of samples) {
    const outcome = compiled.process(sample, false)
    if (outcome.ok || outcome.code !== 'validate.failed') continue
    const [issue] = outcome.issues
    throw new TypeError(
      `Bug in sidelane, please report it: the draft rejects ${samples.where()} (${issue?.keyword} at ${issue?.pointer})`,
    )
  }
}

interface SamplesWithProgress extends SampleSource {
  /** Clears the progress line. */
  end(): void
}

const intervalMs = 200

/** Adds a progress line on a terminal. Reading is synchronous, so no timer fires: the iterator checks the clock. */
function withProgress(samples: SampleSource, size: number, io: Io): SamplesWithProgress {
  const { log, columns } = io.streams()
  const width = columns()
  const clear = (): void => void (width !== undefined && log.write('\r\u001b[2K'))
  return {
    where: () => samples.where(),
    bytesRead: () => samples.bytesRead(),
    end: clear,
    *[Symbol.iterator]() {
      const from = performance.now()
      let shown = from
      let lines = 0
      for (const sample of samples) {
        yield sample
        lines++
        const now = performance.now()
        if (width === undefined || now - shown < intervalMs) continue
        shown = now
        clear()
        const bytes = samples.bytesRead()
        log.write(
          progressLine({ lines, bad: 0, bytes }, now - from, bytes === 0 ? undefined : size).slice(0, width - 1),
        )
      }
    },
  }
}
