// The contracts of the daemon: reads lock files and their keys from disk, and holds those that are served in a registry. A
// registry never changes; a reload makes a new one.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errorTable, SidelaneError, type Contract, type KeyedContract, type Route } from '../model/index.ts'
import { loadContract } from '../contract/index.ts'
import type { CompiledContract } from '../engine/index.ts'
import { keyFingerprint, noContractId, type ContractRequest, type ContractStatus } from '../wire/index.ts'
import { configTexts as texts } from '../tables/daemon-texts.ts'
import { fillTemplate } from '../util/fill-template.ts'
import type { DaemonSettings } from './config/settings.ts'
import type { SpareWorker } from './spare-worker.ts'

/** A contract that is served. */
export interface LoadedContract extends Route {
  readonly name: string
  /** Lower-case hex. */
  readonly id: string
  /** Of its key (WIRE.md). */
  readonly fingerprint: string
  /** By this thread's engine; undefined with a pool. */
  readonly compiled: CompiledContract | undefined
  /** For payloads that take long. */
  readonly spare: SpareWorker
  readonly registry: ContractRegistry
  /** Frees what was made for the contract. */
  readonly dispose: () => void
}

const lockSuffix = '.lock.json'

/** Reads the lock files in their order, those of a directory by name. Throws a `SidelaneError` that names the file. */
export function loadContracts({
  contracts,
  digestKeyFiles,
}: Pick<DaemonSettings, 'contracts' | 'digestKeyFiles'>): KeyedContract[] {
  const loaded = contracts.flatMap((path) => lockFiles(path)).map((lock) => loadLockFile(lock, digestKeyFiles))
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

function loadLockFile({ file, ofDirectory }: LockFile, keyFiles: Readonly<Record<string, string>>): KeyedContract {
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

/** Makes a contract known to the engine. */
export type CompileContract = (
  keyed: KeyedContract,
) => Pick<LoadedContract, 'compiled' | 'contractIndex' | 'spare' | 'dispose'>

export class ContractRegistry {
  /** In the order in which they were loaded. */
  readonly list: readonly LoadedContract[]
  /** The largest payload of all. */
  readonly maxBytes: number
  readonly #byName = new Map<string, LoadedContract>()
  readonly #byId = new Map<string, LoadedContract>()
  #users = 1

  /** Throws what `compile` throws; then no contract stays compiled. */
  constructor(contracts: readonly KeyedContract[], compile: CompileContract) {
    try {
      for (const one of contracts) this.#add(one, compile)
    } catch (error) {
      this.release()
      throw error
    }
    this.list = [...this.#byId.values()]
    this.maxBytes = Math.max(0, ...this.list.map(({ contract }) => contract.profile.limits.maxBytes))
  }

  /** The contract with that id, or the one that was loaded last under the name. */
  find(name: string, id?: string): LoadedContract | undefined {
    if (id === undefined) return this.#byName.get(name)
    const loaded = this.#byId.get(id)
    return loaded?.name === name ? loaded : undefined
  }

  /** Adds a user: compiled contracts are kept until the last user releases the registry. */
  retain(): void {
    this.#users++
  }

  release(): void {
    if (--this.#users > 0) return
    for (const { dispose } of this.#byId.values()) dispose()
  }

  #add(one: KeyedContract, compile: CompileContract): void {
    const { contract, digestKey } = one
    const { name, id } = contract
    const loaded: LoadedContract = {
      name,
      id,
      fingerprint: keyFingerprint(digestKey),
      contract,
      registry: this,
      ...compile(one),
    }
    // Loaded twice: the later key and position count.
    this.#byId.get(id)?.dispose()
    this.#byId.delete(id)
    this.#byId.set(id, loaded)
    this.#byName.set(name, loaded)
  }
}

/** HELLO on one connection: which contracts the client gets, and by which index. */
export class ContractIndices {
  readonly byIndex: LoadedContract[] = []
  readonly #table: ContractRegistry

  constructor(table: ContractRegistry) {
    this.#table = table
  }

  answer({ name, id, fingerprint }: ContractRequest): ContractStatus {
    const latest = this.#table.find(name)
    if (latest === undefined) return refused('contract.unknown', noContractId)
    const served = this.#table.find(name, id)
    if (served === undefined) return refused('contract.mismatch', latest.id)
    // The client has another key.
    if (served.fingerprint !== fingerprint) return refused('contract.mismatch', served.id)
    const known = this.byIndex.indexOf(served)
    return { status: 0, index: known >= 0 ? known : this.byIndex.push(served) - 1, have: served.id }
  }
}

const refused = (code: 'contract.unknown' | 'contract.mismatch', have: string): ContractStatus => ({
  status: errorTable[code].wire,
  index: 0,
  have,
})
