// `sidelane decide`: which placement is right for the user's payloads, or none. Measuring and concluding is in src/decide.

import { basename } from 'node:path'
import type { DecideInput, DecisionRecord, Limits, ProfileFacts } from '../../decide/index.ts'
import { readRegularFileSync } from '../../runtime/regular-file.ts'
import { integer, type OptionParser } from '../../util/option-parsers.ts'
import { exitCodes, readValues, UsageError, type Command, type ExitCode, type OptionTable } from '../command.ts'
import type { Io } from '../io.ts'
import { fileOption, optionValue, samplesOption } from '../options.ts'
import { expectFile, expectWritable, writeFileAtomically } from '../output-file.ts'
import { chooseContract } from './choose-contract.ts'
import { readPayloads } from './read-payloads.ts'
import { screenText } from './screen.ts'
import { StepLine } from './step-line.ts'
import { decimal, rate, share } from './values.ts'

const topic = 'decide'

const help = `sidelane decide --payloads FILE [--contract FILE] [--rate RATE] [--html FILE] [--json FILE] …

Measures your payloads on this machine, in a minute: today's way (JSON.parse, your zod schema with and without z.compile,
JSON.stringify, node:zlib) beside sidelane inline, in a pool and in a sidecar, and recommends one of them, or nothing. All must
give the same output, which is checked first.

  --payloads FILE      one JSON payload a line, or a JSON array; may be compressed; "-" is stdin. A part of a large file is taken
  --contract FILE      a lock, or a module that exports a contract or a zod schema; default: inferred from the payloads
  --export NAME        the export of the module, where there are several
  --rate RATE          your traffic: 500/s, 30000/min; default: unknown, and the answer says from which rate on it pays
  --profile FILE       the record of "sidelane profile --json FILE": whether your app has a hot path at all
  --core-hour-cost X   the price of a core for an hour: what is saved in a month
  --html FILE          the report with pictures, in one file
  --json FILE          everything that was measured; "-" is stdout, instead of the screen
  --seconds N          time for the measurements, 2 to 50; default 40

The stop rule: keep the old path unless a payload costs this much less
  --min-gain SHARE     of CPU: default 15%
  --min-saving-us N    and so many µs: default 10
  --min-cores N        and at your rate so many cores: default 0.05
and leave the main thread only
  --max-main-share S   above this share of it: default 25%
  --max-block-us N     or where one call takes longer: default 500

Examples
  sidelane decide --payloads orders.ndjson
  sidelane decide --payloads orders.ndjson --contract order.schema.ts --rate 500/s --core-hour-cost 0.05
  sidelane decide --payloads orders.ndjson --contract order.lock.json --html decision.html --json decision.json

Exit codes: ${exitCodes.ok} an answer, also "do nothing" and "undecided", ${exitCodes.rejected} the payloads or the contract are of no use, ${exitCodes.usage} usage error.
`

const options = {
  payloads: { value: 'file' },
  contract: { value: 'file' },
  export: { value: 'text' },
  rate: { value: 'text' },
  profile: { value: 'file' },
  'core-hour-cost': { value: 'text' },
  html: { value: 'file' },
  json: { value: 'file' },
  seconds: { value: 'text' },
  'min-gain': { value: 'text' },
  'min-saving-us': { value: 'text' },
  'min-cores': { value: 'text' },
  'max-main-share': { value: 'text' },
  'max-block-us': { value: 'text' },
} as const satisfies OptionTable

export const decideCommand: Command = {
  summary: 'measure your payloads, and say which placement is right for them, if any',
  help,
  options,
  async run(args, io) {
    const values = readValues(topic, args, options)
    const { payloads: file } = values
    if (file === undefined) throw new UsageError(topic, 'Expected --payloads FILE')
    const value = <T>(name: keyof typeof options, parser: OptionParser<T>): T | undefined =>
      optionValue(topic, name, values[name], parser)
    const seconds = value('seconds', integer(2, 50)) ?? 40
    const ratePerSecond = value('rate', rate) ?? null
    const coreHourCost = value('core-hour-cost', decimal(0, 1e6)) ?? null
    const profile = values.profile === undefined ? null : readProfile(values.profile)
    // Loaded here only: other commands do without the engines' measurements.
    const { defaultLimits } = await import('../../decide/index.ts')
    const limits: Limits = {
      minGain: value('min-gain', share) ?? defaultLimits.minGain,
      minSavingUs: value('min-saving-us', decimal(0, 1e9)) ?? defaultLimits.minSavingUs,
      minCores: value('min-cores', decimal(0, 1e6)) ?? defaultLimits.minCores,
      maxMainShare: value('max-main-share', share) ?? defaultLimits.maxMainShare,
      maxBlockUs: value('max-block-us', decimal(1, 1e9)) ?? defaultLimits.maxBlockUs,
    }
    const inputs = [file, values.contract, values.profile]
    expectFile(topic, 'html', values.html, ...inputs)
    expectWritable(topic, values.json, ...inputs)
    const samples = await samplesOption(topic, file, io)
    const found = fileOption(topic, () => readPayloads(samples))
    if (found.payloads.length === 0) throw new UsageError(topic, `${samples.name} holds no payload`)
    const source = basename(samples.name)
    const { note, ...chosen } = await chooseContract({
      ...{ topic, file: values.contract, name: values.export },
      ...{ payloads: found.payloads, source },
    })
    if (note !== undefined) io.log(note)
    return await measured(
      {
        ...{ ...found, ...chosen, source, limits, coreHourCost, profile, seconds },
        rate: ratePerSecond,
        ...{ command: commandLine(args), startedAt: 0 },
      },
      { html: values.html, json: values.json },
      io,
    )
  },
}

interface Outputs {
  readonly html: string | undefined
  readonly json: string | undefined
}

async function measured(input: Omit<DecideInput, 'onStep' | 'signal'>, outputs: Outputs, io: Io): Promise<ExitCode> {
  const { decide, BadPayloads, TimeOver } = await import('../../decide/index.ts')
  const line = new StepLine(io.terminal)
  const ended = new AbortController()
  let code: ExitCode | undefined
  const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const
  const handlers = Object.entries(signals).map(([signal, exitCode]) => {
    const handler = (): void => {
      code ??= exitCode
      ended.abort()
    }
    process.on(signal, handler)
    return () => process.off(signal, handler)
  })
  let record: DecisionRecord
  try {
    record = await decide({ ...input, onStep: (what, done) => line.at(what, done), signal: ended.signal })
  } catch (error) {
    if (code !== undefined) return code
    if (error instanceof TimeOver) {
      io.log(
        'sidelane: The time was over before each way was measured. Give fewer or smaller payloads, or a less busy machine.',
      )
      return exitCodes.rejected
    }
    if (!(error instanceof BadPayloads)) throw error
    io.log(`sidelane: ${input.source}: ${error.message}`)
    return exitCodes.rejected
  } finally {
    line.end()
    for (const remove of handlers) remove()
  }
  const json = `${JSON.stringify(record, null, 2)}\n`
  if (outputs.json !== '-') io.print(screenText(record, io.style))
  if (outputs.json === '-') io.print(json)
  else if (outputs.json !== undefined) writeFileAtomically(outputs.json, json, topic)
  if (outputs.html !== undefined) {
    const { renderDecision } = await import('../../report/index.ts')
    writeFileAtomically(outputs.html, renderDecision(record), topic)
  }
  return exitCodes.ok
}

function readProfile(file: string): ProfileFacts {
  const other = (): UsageError =>
    new UsageError(topic, `${file} is no record of this version of "sidelane profile --json"`)
  const bytes = fileOption(topic, () => readRegularFileSync(file, 'profile'))
  let record: unknown
  try {
    record = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // The engine's own message quotes the file.
    throw other()
  }
  const { kind, version, answers } = (record ?? {}) as {
    readonly kind?: unknown
    readonly version?: unknown
    readonly answers?: { readonly cpuBound: boolean; readonly movableShare: number; readonly hotPath: boolean } | null
  }
  if (kind !== 'sidelane.profile' || version !== 1 || typeof answers !== 'object' || answers === null) throw other()
  const { cpuBound, movableShare, hotPath } = answers
  return { source: basename(file), cpuBound, movableShare, hotPath }
}

/** As typed, for a shell. */
const commandLine = (args: readonly string[]): string =>
  [
    'npx sidelane decide',
    ...args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)),
  ].join(' ')
