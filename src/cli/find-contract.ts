// Finds the contract that a module exports. Importing the module runs it.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseLock } from '../contract/index.ts'
import type { Contract } from '../model/index.ts'
import { UsageError } from './command.ts'
import { importModule } from './import-module.ts'

/** Selects one of several contracts, by the name of the export or of the contract. */
export interface ContractSelector {
  readonly export?: string
  readonly name?: string
}

/** Throws UsageError when no contract matches, or several do. */
export async function findContract(file: string, wanted: ContractSelector, topic: string): Promise<Contract> {
  if (!existsSync(file)) throw new UsageError(topic, `There is no file ${file}`)
  return choose(contractsOf(await importModule(resolve(file), topic)), file, wanted, topic)
}

interface Found {
  /** The name of the export. */
  readonly name: string
  /** The exported value: one contract may be exported under several names. */
  readonly value: unknown
  readonly contract: Contract
}

const contractsOf = (module: Readonly<Record<string, unknown>>): Found[] =>
  Object.entries(module).flatMap(([name, value]) =>
    isContract(value) ? [{ name, value, contract: parseLock(JSON.stringify(value.lock)) }] : [],
  )

/** Checks the shape, not the class: the module may use another copy of this package. `parseLock` checks the lock. */
const isContract = (value: unknown): value is { readonly lock: object } =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  /^[0-9a-f]{64}$/.test(String(value.id)) &&
  'lock' in value &&
  typeof value.lock === 'object' &&
  value.lock !== null

function choose(found: readonly Found[], file: string, wanted: ContractSelector, topic: string): Contract {
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
