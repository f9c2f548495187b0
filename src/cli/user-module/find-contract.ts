// Finds the contract that a user's module exports.

import { resolve } from 'node:path'
import { parseLock } from '../../contract/index.ts'
import type { Contract } from '../../model/index.ts'
import { integer } from '../../util/option-parsers.ts'
import { isDirectory, isFile, UsageError } from '../command.ts'
import { loadModule } from './load-module.ts'
import { optionValue } from '../options.ts'

/** The options that select one of several contracts and bound the import. */
export const moduleOptions: Readonly<Record<ModuleOption, { readonly value: 'text' }>> = {
  export: { value: 'text' },
  name: { value: 'text' },
  timeout: { value: 'text' },
}

type ModuleOption = 'export' | 'name' | 'timeout'

type ModuleOptions = { readonly [K in ModuleOption]?: string }

const defaultTimeoutSeconds = 60

/** Throws UsageError when no contract matches, or several do, and what `loadModule` and `parseLock` throw. */
export async function findContract(file: string, wanted: ModuleOptions, topic: string): Promise<Contract> {
  const timeout = optionValue(topic, 'timeout', wanted.timeout, integer(1, 86_400)) ?? defaultTimeoutSeconds
  if (isDirectory(file)) throw new UsageError(topic, `${file} is a directory, not a module`)
  if (!isFile(file)) throw new UsageError(topic, `There is no file ${file}`)
  if (file.endsWith('.json')) {
    throw new UsageError(
      topic,
      `${file} is JSON, not a module: a lock is used as it is, a JSON Schema goes to contract import`,
    )
  }
  const { contracts, others } = await loadModule(resolve(file), { topic, timeoutMs: timeout * 1000 })
  const found = contracts.map(({ lock, ...one }) => ({ ...one, contract: parseLock(lock) }))
  const fitting = found.filter(
    ({ name, contract }) =>
      (wanted.export === undefined || wanted.export === name) &&
      (wanted.name === undefined || wanted.name === contract.name),
  )
  const [first, ...rest] = fitting
  if (first !== undefined && rest.every(({ identity }) => identity === first.identity)) return first.contract
  if (found.length === 0) {
    const instead = others.length === 0 ? 'It exports nothing' : `It exports: ${others.join(', ')}`
    throw new UsageError(topic, `${file} exports no contract; export what defineContract() returns. ${instead}`)
  }
  const all = found.map(({ name, contract }) => `${name} ("${contract.name}")`).join(', ')
  if (first === undefined) throw new UsageError(topic, `${file} has no such contract; it exports ${all}`)
  throw new UsageError(topic, `${file} exports several contracts: ${all}; choose with --export or --name`)
}
