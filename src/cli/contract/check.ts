// `sidelane contract check`: compares the meaning of a lock with its source, or with another lock.

import { compareContracts, type Change } from '../../contract/index.ts'
import type { Contract } from '../../model/index.ts'
import { exitCodes, readArgs, UsageError, type Command, type OptionTable } from '../command.ts'
import type { Io } from '../io.ts'
import { findContract, moduleOptions } from '../user-module/find-contract.ts'
import { contractOption } from '../options.ts'

const topic = 'contract check'

const help = `sidelane contract check LOCK --source FILE [--export EXPORT] [--name NAME] [--timeout SECONDS] [--json]
sidelane contract check OLD NEW [--json]

Compares the meaning of a lock file with the contract that FILE (.js, .mjs, .cjs, .ts) exports now, or of two locks, and
lists each change and what it affects. Descriptions, member order and equivalent spellings are not changes.

  --source FILE      the module that the lock was exported from; it runs in a process of its own,
                     and what it prints goes to stderr
  --export EXPORT    which export, when FILE has several contracts
  --name NAME        which contract, by the name it was defined with
  --timeout SECONDS  how long the import of FILE may take (60)
  --json             one JSON object: { code, old, new, changes: [{ path, text, affects }] }, where code is
                     "contract.stale" or null, and affects lists old-rejected, new-accepted, digests, bodies, issues

Exit codes: 0 no change in meaning, 1 the meaning changed, or FILE or a lock is defective (then stdout is empty),
2 usage error.

Examples
  sidelane contract check order.lock.json --source order.contract.ts       in CI: fails when the lock is stale
    order: the meaning changed
      field \`lines[].sku\` renamed to \`code\`: old payloads are rejected
  git show main:order.lock.json > old.json; sidelane contract check old.json order.lock.json
  sidelane contract check old.json order.lock.json --json | jq -r '.changes[] | select(.affects[] == "old-rejected") | .text'
`

const options = {
  ...moduleOptions,
  source: { value: 'file' },
  json: {},
} as const satisfies OptionTable

export const contractCheck: Command = {
  summary: 'compare the meaning of a lock with its source, or with another lock',
  help,
  options,
  operands: 'file',
  async run(args, io) {
    const { values, positionals } = readArgs(topic, args, options)
    const [file, other, ...others] = positionals
    if (file === undefined || others.length > 0 || (other === undefined) === (values.source === undefined))
      throw new UsageError(topic, 'Expected LOCK and --source FILE, or two locks')
    if (other !== undefined && [values.export, values.name, values.timeout].some((given) => given !== undefined))
      throw new UsageError(topic, '--export, --name and --timeout go with --source FILE')
    const old = contractOption(topic, file)
    const next =
      other === undefined ? await findContract(values.source ?? '', values, topic) : contractOption(topic, other)
    const changes = compareContracts(old, next)
    if (values.json === true) io.print(asJson(old, next, changes))
    else printChanges(old, next, changes, io)
    return changes.length === 0 ? exitCodes.ok : exitCodes.rejected
  },
}

function asJson(old: Contract, next: Contract, changes: readonly Change[]): string {
  const code = changes.length === 0 ? null : 'contract.stale'
  const side = ({ name, id }: Contract): object => ({ name, id })
  return `${JSON.stringify({ code, old: side(old), new: side(next), changes }, null, 2)}\n`
}

function printChanges(old: Contract, next: Contract, changes: readonly Change[], io: Io): void {
  if (changes.length === 0) {
    io.print(`${old.name}: no change in meaning\n`)
    const [before, after] = [old, next].map(({ lock }) => lock.appOnly?.join(', ') ?? '')
    if (before !== after) io.log(`In the app only, not part of the meaning: ${after || 'nothing'}`)
    const [tables, nextTables] = [old, next].map(({ lock }) => JSON.stringify(lock.tables))
    // A source without samples has none.
    if (tables !== nextTables && nextTables !== undefined) {
      io.log('The compression tables differ, not part of the meaning: bodies have another size and the same content')
    }
    return
  }
  io.print(`${io.style('bold', old.name)}: the meaning changed\n${changes.map(({ text }) => `  ${text}\n`).join('')}`)
}
