// The contracts of the daemon: lock files and their keys from disk, and the table of what is served. A table never
// changes; a reload makes a new one. Who compiles is the engine room.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SidelaneError, type Contract } from '../model/index.ts'
import { loadContract } from '../contract/index.ts'
import type { CompiledContract } from '../engine/index.ts'
import { keyFingerprint } from '../wire/index.ts'
import { configTexts as texts } from '../tables/daemon-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'

/** A contract with its key, not compiled. */
export interface LoadedContract {
  readonly contract: Contract
  readonly digestKey: Uint8Array | undefined
}

/** A contract that is served. */
export interface Served {
  readonly name: string
  /** Lower-case hex. */
  readonly id: string
  /** Of its key, as WIRE.md has it. */
  readonly fingerprint: string
  readonly contract: Contract
  /** The engine's, with placement inline; with a pool it has a number there. */
  readonly compiled: CompiledContract | undefined
  readonly number: number
  readonly table: ServedTable
}

export interface ContractSources {
  /** Lock files and directories. */
  readonly contracts: readonly string[]
  /** By the contract's name. */
  readonly digestKeyFiles: Readonly<Record<string, string>>
}

const lockSuffix = '.lock.json'

/** Reads the lock files in their order, and what a directory holds by name. Throws a `SidelaneError` that names the file. */
export function loadContracts({ contracts, digestKeyFiles }: ContractSources): LoadedContract[] {
  const loaded = contracts.flatMap((path) => lockFiles(path)).map((lock) => loadOne(lock, digestKeyFiles))
  const names = new Set(loaded.map(({ contract }) => contract.name))
  for (const name of Object.keys(digestKeyFiles)) {
    if (names.has(name)) continue
    throw new SidelaneError('options.invalid', { message: fillTemplate(texts.unknownDigestKey, { name }) })
  }
  return loaded
}

interface LockFile {
  readonly file: string
  readonly ofDirectory: boolean
}

function lockFiles(path: string): LockFile[] {
  const isDirectory = reading(path, 'contract', () => statSync(path).isDirectory())
  if (!isDirectory) return [{ file: path, ofDirectory: false }]
  return reading(path, 'directory', () => readdirSync(path))
    .filter((name) => name.endsWith(lockSuffix) && !name.startsWith('.'))
    .sort()
    .map((name) => ({ file: join(path, name), ofDirectory: true }))
}

function loadOne({ file, ofDirectory }: LockFile, keyFiles: Readonly<Record<string, string>>): LoadedContract {
  let contract: Contract
  try {
    contract = loadContract(file)
  } catch (error) {
    if (!(error instanceof SidelaneError)) throw error
    const { code, pointer, message } = error
    throw new SidelaneError(code, {
      message: message.includes(file) ? message : `${file}${pointer ? ` at ${pointer}` : ''}: ${message}`,
      ...(pointer !== undefined && { pointer }),
      cause: error,
    })
  }
  if (contract.profile.digest !== 'hmac-sha-256') return { contract, digestKey: undefined }
  const beside = join(dirname(file), `${basename(file, lockSuffix)}.key`)
  const named = Object.hasOwn(keyFiles, contract.name) ? keyFiles[contract.name] : undefined
  const keyFile = named ?? (ofDirectory ? beside : undefined)
  if (keyFile === undefined) {
    const message = fillTemplate(texts.expectedDigestKey, { name: contract.name, lock: file })
    throw new SidelaneError('options.invalid', { message })
  }
  return { contract, digestKey: Uint8Array.from(reading(keyFile, 'digest key', () => readFileSync(keyFile))) }
}

function reading<T>(file: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SidelaneError('contract.invalid', { message: `Cannot read the ${what} ${file}: ${why}`, cause })
  }
}

/** What the engine room says of a contract. */
export type Compile = (loaded: LoadedContract) => Pick<Served, 'compiled' | 'number'>

export class ServedTable {
  /** In the order in which they were loaded. */
  readonly list: readonly Served[]
  /** The largest payload of all. */
  readonly maxBytes: number
  readonly #byName = new Map<string, Served>()
  readonly #byId = new Map<string, Served>()
  #users = 1

  /** Throws what `compile` throws, with the contract's name; nothing is left compiled then. */
  constructor(loaded: readonly LoadedContract[], compile: Compile) {
    try {
      for (const one of loaded) this.#add(one, compile)
    } catch (error) {
      this.release()
      throw error
    }
    this.list = [...this.#byId.values()]
    this.maxBytes = Math.max(0, ...this.list.map(({ contract }) => contract.profile.limits.maxBytes))
  }

  /** The contract with that id, or the one that was loaded last under the name. */
  find(name: string, id?: string): Served | undefined {
    if (id === undefined) return this.#byName.get(name)
    const served = this.#byId.get(id)
    return served?.name === name ? served : undefined
  }

  /** Somebody uses it: what it compiled stays. */
  retain(): void {
    this.#users++
  }

  release(): void {
    if (--this.#users > 0) return
    for (const { compiled } of this.#byId.values()) compiled?.dispose()
  }

  #add(one: LoadedContract, compile: Compile): void {
    const { contract, digestKey } = one
    const { name, id } = contract
    const served: Served = {
      name,
      id,
      fingerprint: keyFingerprint(digestKey),
      contract,
      table: this,
      ...compile(one),
    }
    // The same one again: with its key of now, and in its place of now.
    this.#byId.get(id)?.compiled?.dispose()
    this.#byId.delete(id)
    this.#byId.set(id, served)
    this.#byName.set(name, served)
  }
}
