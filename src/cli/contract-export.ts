// `sidelane contract export`: the contract that a module exports, as a lock file. Importing the module runs it.

import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseLock, type Contract } from '../contract/index.ts'
import { isFile, readArgs, UsageError, type Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { importModule } from './import-module.ts'

const topic = 'contract export'

const help = `sidelane contract export FILE -o LOCK [--export EXPORT] [--name NAME]

Imports FILE (.js, .mjs, or .ts through the package jiti), finds the contract it exports and writes its lock.

  -o, --out LOCK     where to write; "-" is stdout
  --export EXPORT    which export, when FILE has several contracts ("default" for the default one)
  --name NAME        which contract, by the name it was defined with

Examples
  // order.contract.ts
  import * as z from "zod"
  import { defineContract, norm } from "sidelane"
  export const order = defineContract({
    name: "order",
    schema: z.strictObject({ id: z.uuid(), email: norm(z.email(), ["trim", "lower"]) }),
  })

  sidelane contract export order.contract.ts -o order.lock.json
  sidelane contract export contracts.js --export order -o order.lock.json
  sidelane contract export order.contract.ts -o - | git diff --no-index order.lock.json -
`

export const contractExport: Command = {
  summary: 'write the contract that a module exports to a lock file',
  help,
  async run(args, io) {
    const { values, positionals } = readArgs(topic, {
      args: [...args],
      options: { out: { type: 'string', short: 'o' }, export: { type: 'string' }, name: { type: 'string' } },
    })
    const [file, ...others] = positionals
    if (file === undefined || others.length > 0) throw new UsageError(topic, 'Expected one FILE')
    if (values.out === undefined) throw new UsageError(topic, 'Expected -o LOCK, or -o - for stdout')
    if (!isFile(file)) throw new UsageError(topic, `There is no file ${file}`)
    const found = contractsOf(await importModule(resolve(file), topic))
    const contract = choose(found, file, values)
    const text = `${JSON.stringify(contract.lock, null, 2)}\n`
    if (values.out === '-') io.data(text)
    else writeByRename(values.out, text)
    io.talk(`${contract.name}: ${values.out === '-' ? 'lock' : `wrote ${values.out}`}, id ${contract.id}`)
    const kept = contract.lock.appOnly ?? []
    if (kept.length > 0) io.talk(`Checked by the app alone, not by the lock: ${kept.join(', ')}`)
    return exitCodes.ok
  },
}

interface Found {
  /** The name of the export. */
  readonly name: string
  /** What is exported: one contract may have several names. */
  readonly value: unknown
  readonly contract: Contract
}

const contractsOf = (module: Readonly<Record<string, unknown>>): Found[] =>
  Object.entries(module).flatMap(([name, value]) =>
    isContract(value) ? [{ name, value, contract: parseLock(JSON.stringify(value.lock)) }] : [],
  )

/** By shape: the module may bring its own copy of this package. Its lock goes through our gate in any case. */
const isContract = (value: unknown): value is { readonly lock: object } =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  /^[0-9a-f]{64}$/.test(String(value.id)) &&
  'lock' in value &&
  typeof value.lock === 'object' &&
  value.lock !== null

function choose(
  found: readonly Found[],
  file: string,
  wanted: { readonly export?: string; readonly name?: string },
): Contract {
  const fitting = found.filter(
    ({ name, contract }) =>
      (wanted.export === undefined || wanted.export === name) &&
      (wanted.name === undefined || wanted.name === contract.name),
  )
  const [first, ...others] = fitting
  if (first !== undefined && others.every(({ value }) => value === first.value)) return first.contract
  const all = found.map(({ name, contract }) => `${name} ("${contract.name}")`).join(', ')
  if (found.length === 0)
    throw new UsageError(topic, `${file} exports no contract; export what defineContract() returns`)
  if (first === undefined) throw new UsageError(topic, `${file} has no such contract; it exports ${all}`)
  throw new UsageError(topic, `${file} exports several contracts: ${all}; choose with --export or --name`)
}

/** A reader sees the old file or the new one, never half of it. */
function writeByRename(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    throw new UsageError(topic, `Cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}
