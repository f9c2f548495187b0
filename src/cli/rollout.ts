// `sidelane rollout`: reads and writes the rollout file, which the apps watch.

import { contractNameRule, isContractName } from '../model/index.ts'
import { entryOf, readEntries, RolloutFileError, updateEntries, type RolloutEntry } from '../rollout/index.ts'
import { dispatch, exitCodes, readArgs, UsageError, type Command, type ExitCode, type OptionTable } from './command.ts'
import { printable } from './daemon/daemon-client.ts'
import type { Io } from './io.ts'
import { writeErrorText } from './output-file.ts'

const usualFile = 'rollout.json'
const fileHelp = `  --file PATH     the rollout file of the apps, default ${usualFile}`
const exitHelp = `Exit codes: ${exitCodes.ok} ok, ${exitCodes.rejected} the file cannot be read or written, or has no such entry, ${exitCodes.usage} usage error.`

const statusOptions = { file: { value: 'file' }, json: {} } as const satisfies OptionTable
const changeOptions = { file: { value: 'file' }, reason: { value: 'text' } } as const satisfies OptionTable

const status: Command = {
  options: statusOptions,
  summary: 'show the percent of each contract, and why',
  help: `sidelane rollout status [CONTRACT] [--file PATH] [--json]

Shows what the file says. An app follows within a second.

${fileHelp}
  --json          the entries as JSON

Examples
  sidelane rollout status
  sidelane rollout status order --json | jq .order.percent

${exitHelp}
`,
  async run(args, io) {
    const { values, positionals } = readArgs('rollout status', args, statusOptions)
    const [name, extra] = positionals
    refuse('rollout status', extra)
    return withFile(io, async () => {
      const path = values.file ?? usualFile
      const entries = await readEntries(path)
      const names = name === undefined ? Object.keys(entries) : [name]
      const rows: Record<string, RolloutEntry> = {}
      for (const contract of names) {
        const entry = entryOf(entries, contract, path)
        if (entry === undefined) throw new RolloutFileError(`${path} has no entry "${contract}"`)
        rows[contract] = entry
      }
      io.print(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows, path, io.style))
    })
  },
}

const set: Command = {
  options: changeOptions,
  summary: 'send a percent of the calls to the candidate',
  help: `sidelane rollout set CONTRACT PERCENT [--file PATH] [--reason TEXT]

Writes the percent, 0 to 100, and lets the rollout climb again where it climbs by itself.

${fileHelp}
  --reason TEXT   why, for the next person who looks

Examples
  sidelane rollout set order 25
  sidelane rollout set order 0.5 --reason "first calls"

${exitHelp}
`,
  async run(args, io) {
    const topic = 'rollout set'
    const { values, positionals } = readArgs(topic, args, changeOptions)
    const [contract, percent, extra] = positionals
    refuse(topic, extra)
    if (contract === undefined || percent === undefined)
      throw new UsageError(topic, 'Expected a contract and a percent')
    if (!/^\d{1,3}(?:\.\d{1,12})?$/.test(percent) || Number(percent) > 100) {
      throw new UsageError(topic, `Expected the percent to be a number from 0 to 100, got "${percent}"`)
    }
    checkName(topic, contract)
    return write(io, values, () => [contract], { percent: Number(percent), held: false })
  },
}

const stop: Command = {
  options: changeOptions,
  summary: 'send all calls to the baseline',
  help: `sidelane rollout stop [CONTRACT] [--file PATH] [--reason TEXT]

Sets one contract, or all contracts of the file, to 0, and holds: a rollout that climbs by itself stays there until
\`rollout set\`.

${fileHelp}
  --reason TEXT   why, for the next person who looks; default "stopped"

Examples
  sidelane rollout stop order
  sidelane rollout stop --reason "incident 4711"

${exitHelp}
`,
  async run(args, io) {
    const topic = 'rollout stop'
    const { values, positionals } = readArgs(topic, args, changeOptions)
    const [contract, extra] = positionals
    refuse(topic, extra)
    if (contract !== undefined) checkName(topic, contract)
    const names = (all: readonly string[]): readonly string[] => (contract === undefined ? all : [contract])
    return write(io, { ...values, reason: values.reason ?? 'stopped' }, names, { percent: 0, held: true })
  },
}

const commands: Readonly<Record<string, Command>> = { status, set, stop }

export const rollout: Command = {
  options: {},
  commands,
  summary: 'move calls to a new path by percent, and back (status, set, stop)',
  help: `sidelane rollout: how many of the calls take the new path

Commands
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Examples
  sidelane rollout status
  sidelane rollout set order 25
  sidelane rollout stop order
`,
  run: (args, io) => dispatch('rollout', commands, rollout.help, args, io),
}

async function write(
  io: Io,
  { file = usualFile, reason }: { readonly file?: string; readonly reason?: string },
  namesOf: (all: readonly string[]) => readonly string[],
  entry: Pick<RolloutEntry, 'percent' | 'held'>,
): Promise<ExitCode> {
  return withFile(io, async () => {
    const lines: string[] = []
    await updateEntries(file, (entries) => {
      const at = new Date().toISOString()
      const changed = { ...entries }
      for (const name of namesOf(Object.keys(entries))) {
        changed[name] = { ...entry, ...(reason !== undefined && { reason: reason.slice(0, 200) }), at }
        lines.push(`${name}: ${percentOf(entries[name])} → ${entry.percent} %${entry.held ? ', held' : ''}\n`)
        // The operator who lets it climb again sees why it was stopped.
        const why = entry.held ? undefined : reasonOfHeld(entries[name])
        if (why !== undefined) lines.push(`${name} was held: ${printable(why)}\n`)
      }
      return lines.length === 0 ? undefined : changed
    }).catch((cause: unknown) => {
      if (cause instanceof RolloutFileError) throw cause
      throw new RolloutFileError(`Cannot write ${file}: ${writeErrorText(cause as Error)}`, { cause })
    })
    if (lines.length === 0) {
      throw new RolloutFileError(`${file} has no entries: name the contract, as in "sidelane rollout stop order"`)
    }
    io.print(lines.join(''))
  })
}

async function withFile(io: Io, work: () => Promise<void>): Promise<ExitCode> {
  try {
    await work()
    return exitCodes.ok
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { message } = error as Error
    io.log(`sidelane: ${message}`)
    return exitCodes.rejected
  }
}

function tableOf(entries: Readonly<Record<string, RolloutEntry>>, path: string, style: Io['style']): string {
  const rows = Object.entries(entries).map(([name, { percent, held, reason = '', at = '' }]) => [
    printable(name),
    `${percent} %`,
    held ? 'held' : 'running',
    printable(at),
    printable(reason),
  ])
  if (rows.length === 0) return `${path} has no entries: apps have the percent of their code\n`
  const head = ['contract', 'candidate', 'state', 'since', 'reason']
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd()
  return [style('bold', line(head)), ...rows.map(line)].map((text) => `${text}\n`).join('')
}

/** The entry may be what a person made of it. */
function percentOf(entry: unknown): string {
  const percent = (entry as Partial<RolloutEntry> | null | undefined)?.percent
  return typeof percent === 'number' ? String(percent) : 'no entry'
}

function reasonOfHeld(entry: unknown): string | undefined {
  const { held, reason } = (entry ?? {}) as Partial<RolloutEntry>
  return held === true && typeof reason === 'string' ? reason : undefined
}

function refuse(topic: string, extra: string | undefined): void {
  if (extra !== undefined) throw new UsageError(topic, `Unexpected "${extra}"`)
}

function checkName(topic: string, name: string): void {
  if (!isContractName(name)) throw new UsageError(topic, `Expected ${contractNameRule}, got "${name}"`)
}
