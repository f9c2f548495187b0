// Finds the contract that a user's module exports. Importing the module runs it: JavaScript by Node, TypeScript by the
// optional package jiti or by a Node that strips types.

import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { lockText, parseLock } from '../contract/index.ts'
import { SidelaneError, type Contract, type LockDocument } from '../model/index.ts'
import { isFile, UsageError } from './command.ts'

/** Selects one of several contracts, by the name of the export or of the contract. */
export interface ContractSelector {
  readonly export?: string
  readonly name?: string
}

/** Throws UsageError when no contract matches, or several do. */
export async function findContract(file: string, wanted: ContractSelector, topic: string): Promise<Contract> {
  if (!isFile(file)) throw new UsageError(topic, `There is no file ${file}`)
  const found = contractsOf(await importModule(resolve(file), topic))
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

interface Found {
  /** The name of the export. */
  readonly name: string
  /** The exported value: one contract may be exported under several names. */
  readonly value: unknown
  readonly contract: Contract
}

const contractsOf = (module: Readonly<Record<string, unknown>>): Found[] =>
  Object.entries(module).flatMap(([name, value]) =>
    isContract(value) ? [{ name, value, contract: parseLock(lockText(value.lock as LockDocument)) }] : [],
  )

/** Checks the shape, not the class: the module may use another copy of this package. `parseLock` checks the lock. */
function isContract(value: unknown): value is { readonly lock: object } {
  const { id, lock } = (value ?? {}) as { readonly id?: unknown; readonly lock?: unknown }
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id) && typeof lock === 'object' && lock !== null
}

type Module = Readonly<Record<string, unknown>>

/** Returns the exports of the module. Errors get the module's path, except those of a refused contract. */
async function importModule(path: string, topic: string): Promise<Module> {
  const load = await loaderFor(path, topic)
  try {
    return await load()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof SidelaneError) throw error
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw new UsageError(topic, `${path} is not a JavaScript or TypeScript file`, { cause: error })
    // The first code is Node's, the second jiti's, whose message continues with the require stack.
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
      throw new UsageError(topic, `Cannot import ${path}: ${message.split('\n')[0]}`, { cause: error })
    throw new Error(`Cannot import ${path}: ${String(error)}`, { cause: error })
  }
}

async function loaderFor(path: string, topic: string): Promise<() => Promise<Module>> {
  const byNode = async (): Promise<Module> => (await import(pathToFileURL(path).href)) as Module
  if (!['.ts', '.mts', '.cts'].includes(extname(path))) return byNode
  const jiti = await loadJiti()
  if (jiti !== undefined) return () => jiti.import<Module>(path)
  // Node strips types from 22.18 on, and only then has this feature.
  if ('typescript' in process.features && Boolean(process.features.typescript)) return byNode
  throw new UsageError(
    topic,
    `Node ${process.versions.node} cannot import ${path}; install jiti (npm i -D jiti), or compile it first`,
  )
}

async function loadJiti(): Promise<Jiti | undefined> {
  try {
    const { createJiti } = await import('jiti')
    return createJiti(import.meta.url, { fsCache: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
