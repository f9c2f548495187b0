// Loads the native addon, after a check of its file, and records why each candidate failed.

import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { addonName, engineFiles, givenFile, reasonOf, type EngineFile } from '../../util/engine-files.ts'
import { ownFile } from '../../util/own-file.ts'
import { readPackageJson } from '../../util/package-files.ts'

/** What the addon exports (native/addon). Synchronous; contracts belong to the calling thread. */
export interface Binding {
  version(): string
  /**
   * Returns JSON text: `{"ok":true,"handle","id"}` or `{"ok":false,"code","pointer","message"}`. Empty `key` or
   * `dictionary`: none.
   */
  addContract(lock: Uint8Array, key: Uint8Array, dictionary: Uint8Array): string
  removeContract(handle: number): void
  /**
   * Writes an outcome (model/outcome-bytes.ts). Returns its size, or the negated size when it does not fit. After `limitMs`
   * the outcome is `deadline.exceeded`; with `looksAhead` also before a step that cannot be ended in time.
   */
  process(
    handle: number,
    input: Uint8Array,
    canonical: boolean,
    target: Uint8Array,
    limitMs?: number,
    looksAhead?: boolean,
  ): number
  /** The content of one frame, or the error's code. Empty `dictionary`: none. */
  decompressZstd(body: Uint8Array, maxBytes: number, dictionary: Uint8Array): Uint8Array | string
  /** A zstd dictionary for samples that are one behind the other; null when they are too few or too small. */
  trainDictionary(samples: Uint8Array, sizes: Uint32Array, maxBytes: number): Uint8Array | null
  /** Number of calls of `process` on this thread. */
  calls(): number
}

export type LoadResult = { readonly binding: Binding; readonly path: string } | Failure

export interface Failure {
  /** Its `errors` are those that the candidates threw, with their codes. */
  readonly error: AggregateError
  readonly tried: readonly { readonly path: string; readonly error: string }[]
}

const require = createRequire(ownFile())

let loaded: LoadResult | undefined

/** Loads the addon once. `SIDELANE_NATIVE_PATH` replaces the package's own candidates by one file. */
export const loadBinding = (): LoadResult => (loaded ??= find())

function find(): LoadResult {
  let files: readonly EngineFile[]
  try {
    files = candidates()
  } catch (error) {
    const { message } = error as Error
    return { error: new AggregateError([error], message), tried: [{ path: 'sidelane', error: message }] }
  }
  return load(files)
}

function load(files: readonly EngineFile[]): LoadResult {
  const errors: Error[] = []
  const tried: { path: string; error: string }[] = []
  for (const file of files) {
    const { path } = file
    try {
      checkOnce(file)
      const binding = require(path) as Binding
      checkVersion(binding)
      return { binding, path }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      errors.push(error)
      tried.push({ path, error: reasonOf(error, path) })
    }
  }
  return { error: new AggregateError(errors, 'No native addon could be loaded.'), tried }
}

function candidates(): EngineFile[] {
  const given = process.env['SIDELANE_NATIVE_PATH']
  return given ? [givenFile(resolve(given))] : engineFiles(addonName())
}

/** Of the environment data, which worker threads inherit. */
const checkedKey = 'sidelane.checkedAddon'

/** The hash takes some milliseconds: worker threads rely on the check of the thread that started them. */
function checkOnce(file: EngineFile): void {
  const state = stateOf(file.path)
  if (state !== undefined && getEnvironmentData(checkedKey) === state) return
  file.check()
  setEnvironmentData(checkedKey, state)
}

/** What changes when the file is replaced or written to. */
function stateOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && `${path} ${stats.ino} ${stats.size} ${stats.mtimeMs}`
}

function checkVersion(binding: Binding): void {
  const wanted = readPackageJson().version
  const found = binding.version()
  if (found !== wanted) throw new Error(`Expected an addon of version ${wanted}, got ${found}. Rebuild it.`)
}
