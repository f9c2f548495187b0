// The contract of a decision, and where today's schema is: a lock, a module with a contract or a zod schema, or the payloads.

import { basename, resolve } from 'node:path'
import { parseLock } from '../../contract/index.ts'
import { expectedInput, hasZod, type DecideInput, type TodaySource } from '../../decide/index.ts'
import type { Contract } from '../../model/index.ts'
import { isDirectory, isFile, UsageError } from '../command.ts'
import { contractOption } from '../options.ts'
import { loadModule } from '../user-module/load-module.ts'
import type { ExportedContract } from '../user-module/module-report.ts'

export type Chosen = Pick<DecideInput, 'contract' | 'from' | 'contractSource' | 'today'> & {
  readonly note: string | undefined
}

export interface ContractChoice {
  readonly topic: string
  /** The value of `--contract`. */
  readonly file: string | undefined
  /** The value of `--export`. */
  readonly name: string | undefined
  readonly payloads: readonly Uint8Array[]
  /** The name of the payloads' file. */
  readonly source: string
}

const timeoutMs = 60_000

/** Throws UsageError, `contract.*`, and what `loadModule` throws. */
export async function chooseContract(choice: ContractChoice): Promise<Chosen> {
  const { topic, file, name } = choice
  if (name !== undefined && (file === undefined || file.endsWith('.json'))) {
    throw new UsageError(topic, '--export goes with a module as --contract')
  }
  if (file === undefined) return await fromPayloads(choice)
  if (isDirectory(file)) throw new UsageError(topic, `${file} is a directory, not a lock or a module`)
  if (!isFile(file)) throw new UsageError(topic, `There is no file ${file}`)
  const given = { contractSource: basename(file), note: undefined }
  if (file.endsWith('.json')) {
    const contract = contractOption(topic, file)
    return { ...given, contract, from: 'lock', today: (await hasZod()) ? { kind: 'lock' } : { kind: 'none' } }
  }
  return { ...given, ...(await fromModule(choice, resolve(file))) }
}

async function fromModule(
  { topic, name }: ContractChoice,
  path: string,
): Promise<Pick<Chosen, 'contract' | 'from' | 'today'>> {
  const { contracts, schemas, others } = await loadModule(path, { topic, timeoutMs })
  const fits = (one: { readonly name: string }): boolean => name === undefined || one.name === name
  const found = oneOf(topic, path, contracts.filter(fits))
  if (found !== undefined) return { contract: parseLock(found.lock), from: 'module', today: sourceOf(path, found.name) }
  const schema = oneOf(topic, path, schemas.filter(fits))
  if (schema?.refused !== undefined) {
    throw new Error(
      `${path}: the schema ${schema.name} cannot become a contract, so that only today's way can do this work.\n${schema.refused}`,
    )
  }
  if (schema !== undefined) return { contract: parseLock(schema.lock), from: 'zod', today: sourceOf(path, schema.name) }
  const instead = others.length === 0 ? 'It exports nothing' : `It exports: ${others.join(', ')}`
  const wanted = name === undefined ? 'no contract and no zod schema' : `no contract or zod schema named ${name}`
  throw new UsageError(topic, `${path} exports ${wanted}. ${instead}`)
}

function oneOf<E extends Pick<ExportedContract, 'name' | 'identity'>>(
  topic: string,
  path: string,
  found: readonly E[],
): E | undefined {
  const [first, ...rest] = found
  if (first === undefined || rest.every(({ identity }) => identity === first.identity)) return first
  throw new UsageError(topic, `${path} exports ${found.map((one) => one.name).join(', ')}; choose one with --export`)
}

const sourceOf = (file: string, name: string): TodaySource => ({ kind: 'module', file, name })

async function fromPayloads({ payloads, source, topic }: ContractChoice): Promise<Chosen> {
  const none = { contractSource: null }
  if (!(await hasZod())) {
    const note =
      'zod is not installed, so nothing is validated and today is JSON.parse, JSON.stringify and node:zlib. With zod (npm install zod) a contract is inferred from the payloads.'
    return { ...none, contract: anything, from: 'any', today: { kind: 'none' }, note }
  }
  const { inferContract } = await import('../../infer/index.ts')
  const samples = [...payloads]
  let first: string | undefined
  const bad = new Set<number>()
  try {
    const { contract, draft } = inferContract(samples, {
      name: 'payload',
      origin: source,
      onSkipped: ({ index, code, pointer }) => {
        bad.add(index)
        first ??= `payload ${index + 1}: ${code}${pointer === '' ? '' : ` at ${pointer}`}`
      },
    })
    return { ...none, contract, from: 'inferred', today: { kind: 'draft', draft }, note: undefined }
  } catch (error) {
    if (bad.size < samples.length) throw error
    throw new UsageError(topic, `${source} holds no payload that is JSON; ${String(first)}. ${expectedInput}`, {
      cause: error,
    })
  }
}

const anything: Contract = parseLock(
  JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'payload', numbers: 'double', schema: {}, digest: 'none' }),
)
