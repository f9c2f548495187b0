// Finds and loads the native addon, and records why each candidate failed to load.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { packageFile, readPackageJson } from '../../util/package-files.ts'

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
  /** Number of calls of `process` on this thread. */
  calls(): number
}

export type LoadResult = { readonly binding: Binding; readonly path: string } | Failure

export interface Failure {
  /** Its `errors` are those that the candidates threw, with their codes. */
  readonly error: AggregateError
  readonly tried: readonly { readonly path: string; readonly error: string }[]
}

const require = createRequire(import.meta.url)

let loaded: LoadResult | undefined

/** Loads the addon once. `SIDELANE_NATIVE_PATH` replaces the package's own candidates by one file. */
export const loadBinding = (): LoadResult => (loaded ??= load(candidates()))

function load(paths: readonly string[]): LoadResult {
  const errors: Error[] = []
  const tried: { path: string; error: string }[] = []
  for (const path of paths) {
    try {
      if (!existsSync(path)) throw Object.assign(new Error('There is no such file.'), { code: 'MODULE_NOT_FOUND' })
      const binding = require(path) as Binding
      checkVersion(binding)
      return { binding, path }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause))
      errors.push(error)
      // Node appends the requiring files to some messages, and the linker puts the path before its own.
      const [reason = ''] = error.message.split('\n', 1)
      tried.push({ path, error: reason.replace(`${path}: `, '') })
    }
  }
  return { error: new AggregateError(errors, 'No native addon could be loaded.'), tried }
}

function checkVersion(binding: Binding): void {
  const wanted = readPackageJson().version
  const found = binding.version()
  if (found !== wanted) throw new Error(`Expected an addon of version ${wanted}, got ${found}. Rebuild it.`)
}

function candidates(): string[] {
  const given = process.env['SIDELANE_NATIVE_PATH']
  if (given) return [resolve(given)]
  return platformNames().map((name) => packageFile(`native/sidelane.${name}.node`))
}

/** The file names of @napi-rs/cli. On Linux the dynamic loader rejects the addon of the other C library. */
function platformNames(): string[] {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'linux') return [`${name}-gnu`, `${name}-musl`]
  return process.platform === 'win32' ? [`${name}-msvc`] : [name]
}
