// `sidelane contract infer`: drafts a contract from sample payloads. The inference itself is in src/infer.

import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { contractNameRule, isContractName, type Contract } from '../../model/index.ts'
import { parseLock, lockText } from '../../contract/index.ts'
import { createEngine } from '../../engine/index.ts'
import type { inferContract, Inferred, LargeInteger } from '../../infer/index.ts'
import { formatCount, formatPlural } from '../format-units.ts'
import { exitCodes, readFileArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import { describeAt, placeText } from '../input/place.ts'
import { WatchedSamples } from '../input/watched-samples.ts'
import { fileOption, samplesOption } from '../options.ts'
import { expectWritable, writeFileAtomically } from '../output-file.ts'

const topic = 'contract infer'

const help = `sidelane contract infer FILE -o MODULE [--name NAME] [--objects strip|strict|loose] [--typescript]

Drafts a contract from sample payloads, as zod source with comments on what to review. The draft accepts every sample.
FILE holds a payload a line, a JSON array of payloads, or JSON values over several lines; it may be compressed (gzip, zstd)
or UTF-16; "-" is stdin. In a file of lines by its name (.ndjson, .jsonl) a line may be an array.

  -o, --out MODULE   where to write; "-" is stdout. An existing file is overwritten only with --force
  --name NAME        the contract's name: letters, digits, ".", "_" and "-"; default: the name of FILE
  --objects HOW      what becomes of members that no sample had: strip (the default) drops them from the document,
                     strict rejects them, loose keeps them
  --show-values      writes values of the samples into comments: ranges of numbers, texts that are always the same
  --typescript       also writes the payload's type; a MODULE that ends in .ts has it too
  --force            overwrites MODULE

Inferred: optional and nullable members, integers, formats (UUID, date, email, URL …), enums where few codes repeat (never
ids, names or credentials), maps, discriminators, shapes that repeat or recur, and numbers: 'int64' where
integers need it. Lengths are written as comments, not as rules. What is rare is left open where the whole draft exceeds
the bounds of a lock; the draft says so. The order of the samples does not matter. Samples that are not strict JSON are
reported with their line number and skipped. Exit code 1: no sample was valid.

Examples
  sidelane contract infer orders.ndjson -o order.contract.js --name order
  sidelane contract infer orders.json -o order.contract.ts                 with \`export type Order\`
  head -1000 huge.ndjson > some.ndjson; sidelane contract infer some.ndjson -o - | less
  then: review the comments, and  sidelane contract export order.contract.js -o order.lock.json
`

const options = {
  out: { value: 'file', short: 'o' },
  name: { value: 'text' },
  objects: { value: ['strip', 'strict', 'loose'] },
  'show-values': {},
  typescript: {},
  force: {},
} as const satisfies OptionTable

export const contractInfer: Command = {
  summary: 'draft a contract from sample payloads, as zod source to review',
  help,
  options,
  operands: 'file',
  async run(args, io) {
    const { values, file } = readFileArgs(topic, args, options, 'FILE')
    const { out } = values
    if (out === undefined) throw new UsageError(topic, 'Expected -o MODULE, or -o - for stdout')
    if (out !== '-' && values.force !== true && existsSync(out))
      throw new UsageError(topic, `${out} exists and may contain edits; --force overwrites it`)
    const name = values.name ?? nameOf(file)
    if (!isContractName(name)) throw new UsageError(topic, `Expected --name to be ${contractNameRule}, got "${name}"`)
    const { objects = 'strip' } = values
    if (!isObjects(objects))
      throw new UsageError(topic, `Expected --objects to be strip, strict or loose, got "${objects}"`)
    expectWritable(topic, out, file)
    const infer = await loadInfer()
    const source = await samplesOption(topic, file, io)
    const samples = new WatchedSamples(source, io)
    const inferred = fileOption(topic, () =>
      samples.withReports(() =>
        infer(samples, {
          name,
          objects,
          showValues: values['show-values'] === true,
          typescript: values.typescript ?? /\.[cm]?ts$/.test(out),
          origin: basename(source.name),
          onSkipped: (skipped) => samples.report(`${skipped.code}: ${describeAt(samples.place, skipped)}`),
        }),
      ),
    )
    const { largeInteger, cut } = inferred
    if (largeInteger !== undefined) io.log(largeIntegerText(largeInteger, whereIs(samples, largeInteger.index)))
    if (cut !== undefined) io.log(cut)
    verifyDraft(inferred.contract, samples)
    if (out === '-') io.print(inferred.source)
    else writeFileAtomically(out, inferred.source, topic)
    io.log(summary(inferred, out))
    return exitCodes.ok
  },
}

/** Loaded here only: it imports zod, which all other commands do without. */
async function loadInfer(): Promise<typeof inferContract> {
  try {
    return (await import('../../infer/index.ts')).inferContract
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'zod'")) throw cause
    throw new UsageError(topic, 'contract infer writes and checks a zod schema: npm install zod', { cause })
  }
}

const isObjects = (text: string): text is 'strip' | 'strict' | 'loose' => ['strip', 'strict', 'loose'].includes(text)

/** Where the sample is: `line 12`. */
function whereIs(samples: WatchedSamples, index: number): string {
  let i = 0
  for (const _ of samples) if (i++ === index) return placeText(samples.place)
  return 'a sample'
}

const largeIntegerText = ({ pointer, numbers }: LargeInteger, where: string): string =>
  numbers === 'int64'
    ? `${where}: an integer beyond 2^53 - 1 at ${pointer}: the draft has numbers: 'int64', which keeps its digits`
    : `${where}: an integer beyond 64 bits, or with an exponent, at ${pointer}: the draft has numbers: 'double', which rounds it. ` +
      'Send it as a string to keep its digits'

/** The file name, as a contract name in kebab case. */
const nameOf = (file: string): string =>
  basename(file)
    .replace(/\.(?:gz|zst)$/, '')
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
function verifyDraft({ lock }: Contract, samples: WatchedSamples): void {
  const bare = parseLock(lockText({ ...lock, compress: { codec: 'none' }, digest: 'none' }))
  const compiled = createEngine('js').compile(bare)
  for (const sample of samples) {
    const outcome = compiled.process(sample, false)
    if (outcome.ok || outcome.code !== 'validate.failed') continue
    const [issue] = outcome.issues
    throw new TypeError(
      `Bug in sidelane, please report it: the draft rejects ${placeText(samples.place)} (${issue?.keyword} at ${issue?.pointer})`,
    )
  }
}
