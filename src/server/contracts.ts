// The contracts of the daemon: reads lock files and their keys from disk, and holds those that are served in a registry. A
// registry never changes; a reload makes a new one.

import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errorTable, SidelaneError, type Contract, type KeyedContract, type Route } from '../model/index.ts'
import { loadContractAsync } from '../contract/index.ts'
import type { CompiledContract } from '../engine/index.ts'
import { readRegularFile, toFileError, type FileError } from '../runtime/regular-file.ts'
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

/**
 * Reads the lock files in their order, those of a directory by name; the disk does not block this thread. Rejects with a
 * `SidelaneError` that names the file.
 */
export async function loadContracts({
  contracts,
  digestKeyFiles,
}: Pick<DaemonSettings, 'contracts' | 'digestKeyFiles'>): Promise<KeyedContract[]> {
  const loaded: KeyedContract[] = []
  // One after the other: each has megabytes, and health is answered between them.
  for (const path of contracts) {
    for (const file of await lockFiles(path)) loaded.push(await loadLockFile(file, digestKeyFiles))
  }
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

async function lockFiles(path: string): Promise<LockFile[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [{ file: path, ofDirectory: false }]
    return (await readdir(path))
      .filter((name) => name.endsWith(lockSuffix) && !name.startsWith('.'))
      .sort()
      .map((name) => ({ file: join(path, name), ofDirectory: true }))
  } catch (error) {
    throw unreadable('contract.invalid', toFileError(path, 'lock', error))
  }
}

/** With the file that it is from, for messages. */
interface LoadedLock extends KeyedContract {
  readonly file?: string
}

/** The error with the file ahead of its message. */
function ofFile(file: string | undefined, error: unknown): unknown {
  if (!(error instanceof SidelaneError) || file === undefined || error.message.includes(file)) return error
  const { code, pointer, message } = error
  return new SidelaneError(code, {
    message: `${file}: ${message}`,
    ...(pointer !== undefined && { pointer }),
    cause: error,
  })
}

async function loadLockFile(
  { file, ofDirectory }: LockFile,
  keyFiles: Readonly<Record<string, string>>,
): Promise<LoadedLock> {
  let contract: Contract
  try {
    contract = await loadContractAsync(file)
  } catch (error) {
    throw ofFile(file, error)
  }
  if (contract.profile.digest !== 'hmac-sha-256') return { contract, digestKey: undefined, file }
  const beside = join(dirname(file), `${basename(file, lockSuffix)}.key`)
  const named = Object.hasOwn(keyFiles, contract.name) ? keyFiles[contract.name] : undefined
  const keyFile = named ?? (ofDirectory ? beside : undefined)
  const missing = (): SidelaneError => {
    const message = fillTemplate(texts.expectedDigestKey, { name: contract.name, lock: file })
    return new SidelaneError('options.invalid', { message })
  }
  if (keyFile === undefined) throw missing()
  const key = readRegularFile(keyFile, 'key').catch((error: FileError) => {
    throw named === undefined && error.code === 'ENOENT' ? missing() : unreadable('options.invalid', error)
  })
  return { contract, digestKey: await key, file }
}

const unreadable = (code: 'contract.invalid' | 'options.invalid', cause: FileError): SidelaneError =>
  new SidelaneError(code, { message: cause.message, params: { path: cause.path, reason: cause.code }, cause })

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

  #add(one: LoadedLock, compile: CompileContract): void {
    const { contract, digestKey, file } = one
    const { name, id } = contract
    let compiled: ReturnType<CompileContract>
    try {
      compiled = compile(one)
    } catch (error) {
      throw ofFile(file, error)
    }
    const loaded: LoadedContract = {
      name,
      id,
      fingerprint: keyFingerprint(contract.profile.digest === 'hmac-sha-256' ? digestKey : undefined),
      contract,
      registry: this,
      ...compiled,
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
