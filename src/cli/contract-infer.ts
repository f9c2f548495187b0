// `sidelane contract infer`: a draft of a contract from sample payloads. How it is drafted is in infer/.

import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { type Contract } from '../model/index.ts'
import { parseLock } from '../contract/index.ts'
import { createEngine } from '../engine/index.ts'
import { inferContract, type Inferred } from '../infer/index.ts'
import { count } from './format-units.ts'
import { readArgs, UsageError, type Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import type { Io } from './io.ts'
import { progressLine } from './progress.ts'
import { openSamples, type Samples } from './sample-files.ts'
import { writeByRename } from './write-file.ts'

const topic = 'contract infer'

const help = `sidelane contract infer FILE -o MODULE [--name NAME] [--typescript]

Drafts a contract from sample payloads, as zod source with comments on what to review. It accepts every sample.
FILE holds a payload a line (.ndjson, .jsonl), a JSON array of payloads, or one payload.

  -o, --out MODULE   where to write; "-" is stdout. A file that is there is not overwritten without --force
  --name NAME        the contract's name: a-z, 0-9 and "-"; the name of FILE if it is left out
  --typescript       writes the payload's type too; so does a MODULE that ends in .ts
  --force            overwrites MODULE

What is guessed: optional and nullable members, integers, formats (UUID, date, email, URL …), enums where few codes come
again and again, maps, and the key that tells different objects apart. Lengths and ranges are told, never guessed.
Samples that are no strict JSON are named with their line and left out. Exit code 1: none was good.

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
      throw new UsageError(topic, `${out} is there already: your review may be in it; --force overwrites it`)
    const name = values.name ?? nameOf(file)
    if (!/^[a-z0-9-]{1,64}$/.test(name))
      throw new UsageError(topic, `Expected --name to be 1 to 64 of a-z, 0-9 and "-", got "${name}"`)
    const samples = watched(openSamples(file), statSync(file).size, io)
    let told = 0
    const inferred = inferContract(samples, {
      name,
      typescript: values.typescript ?? /\.[cm]?ts$/.test(out),
      origin: basename(file),
      onSkipped: ({ code, pointer = '' }) => {
        told++
        if (told <= mostTold) io.talk(`${samples.where()}: ${code}${pointer === '' ? '' : ` at ${pointer}`}`)
      },
    })
    if (told > mostTold) io.talk(`and ${count(told - mostTold)} more`)
    prove(inferred.contract, samples)
    samples.end()
    if (out === '-') io.data(inferred.source)
    else writeByRename(out, inferred.source, topic)
    io.talk(summary(inferred, out))
    return Promise.resolve(exitCodes.ok)
  },
}

const mostTold = 20

/** The name of the file, as far as a contract may have it. */
const nameOf = (file: string): string =>
  basename(file)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64) || 'payload'

function summary({ samples, skipped, contract }: Inferred, out: string): string {
  const some = samples === 1 ? '1 sample' : `${count(samples)} samples`
  const left = skipped === 0 ? '' : `, ${count(skipped)} left out`
  const target = out === '-' ? 'draft' : `wrote ${out}, a draft`
  const next =
    out === '-' ? '' : `\nReview its comments, then: sidelane contract export ${out} -o ${contract.name}.lock.json`
  return `${contract.name}: ${target} that accepts ${some}${left}${next}`
}

/** The promise of a draft is kept by trying it, not by trusting ourselves: each sample goes through the engine. */
function prove({ lock }: Contract, samples: Samples): void {
  const bare = parseLock(JSON.stringify({ ...lock, compress: { codec: 'none' }, digest: 'none' }))
  const compiled = createEngine('js').compile(bare)
  for (const sample of samples) {
    const outcome = compiled.process(sample, false)
    if (outcome.ok || outcome.code !== 'validate.failed') continue
    const [issue] = outcome.issues
    throw new TypeError(
      `A fault of sidelane, please report it: the draft refuses ${samples.where()} (${issue?.keyword} at ${issue?.pointer})`,
    )
  }
}

interface Watched extends Samples {
  /** Takes the progress line away. */
  end(): void
}

const everyMs = 200

/** The samples, with a line of progress where somebody watches. Reading them is one long turn: no timer would fire. */
function watched(samples: Samples, size: number, io: Io): Watched {
  const { talk, columns } = io.streams()
  const width = columns()
  const clear = (): void => void (width !== undefined && talk.write('\r\u001b[2K'))
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
        if (width === undefined || now - shown < everyMs) continue
        shown = now
        clear()
        const bytes = samples.bytesRead()
        talk.write(
          progressLine({ lines, bad: 0, bytes }, now - from, bytes === 0 ? undefined : size).slice(0, width - 1),
        )
      }
    },
  }
}
