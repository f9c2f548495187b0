// Finds the files of the native engine, the addon and sidelaned: in native/ of a clone, else in the engine package of this
// platform. A file is compared with the manifest beside it before it is used: a truncated addon would end the process with
// SIGBUS when it is loaded. Against tampering there is the lock file of the package manager, not this. Needs Node.

import { hash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { missingFlag } from './node-permission.ts'
import { packageFile, readPackageJson } from './package-files.ts'

/** `engine.json`, written by native/engine-manifest.mjs. */
interface Manifest {
  /** Equal to the version of sidelane. */
  readonly version: string
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>
}

export interface EngineFile {
  /** The file, or the name of the package that would hold it. */
  readonly path: string
  /**
   * Throws the reason why the file cannot be used. `code` is `MODULE_NOT_FOUND` when there is no file, and
   * `ERR_ENGINE_DAMAGED` when it differs from its manifest.
   */
  check(): void
}

const manifestName = 'engine.json'

/** The scope and prefix of the engine packages: `napi.packageName` of package.json. */
export const packagePrefix = '@sidelane/engine'
/** The targets of package.json's `napi`, with the names of @napi-rs/cli. */
export const packagedPlatforms: ReadonlySet<string> = new Set([
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-x64-gnu',
  'linux-x64-musl',
  'win32-arm64-msvc',
  'win32-x64-msvc',
])

/** The name of this platform in @napi-rs/cli. */
export function platformName(): string {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'linux') return `${name}-${isMusl() ? 'musl' : 'gnu'}`
  return process.platform === 'win32' ? `${name}-msvc` : name
}

export const addonName = (): string => `sidelane.${platformName()}.node`
export const daemonName = 'sidelaned'

/** Where a file of the engine may be, the first choice first. */
export function engineFiles(name: string): EngineFile[] {
  const folder = packageFile('native')
  const built = existsSync(folder) ? [builtFile(folder, name, ' (npm run build:native).')] : []
  return [...built, packagedFile(name)]
}

/** The file of that path, checked if there is a manifest beside it. */
export const givenFile = (path: string): EngineFile => builtFile(dirname(path), basename(path), '.')

/** A file that was built here. Without a manifest it is used as it is. */
function builtFile(folder: string, name: string, advice: string): EngineFile {
  const path = join(folder, name)
  return {
    path,
    check() {
      if (!existsSync(path)) throw fault('MODULE_NOT_FOUND', `There is no such file${advice}`)
      const manifest = readManifest(join(folder, manifestName))
      if (manifest !== undefined && Object.hasOwn(manifest.files, name))
        compare(path, name, manifest, 'It must be built again.')
    },
  }
}

function packagedFile(name: string): EngineFile {
  const platform = platformName()
  const packageName = `${packagePrefix}-${platform}`
  const wanted = `${packageName}@${readPackageJson().version}`
  const manifestPath = packagedPlatforms.has(platform) ? resolved(`${packageName}/${manifestName}`) : undefined
  const path = manifestPath === undefined ? packageName : join(dirname(manifestPath), name)
  return {
    path,
    check() {
      if (!packagedPlatforms.has(platform))
        throw fault('MODULE_NOT_FOUND', `There is no engine package for ${platform}.`)
      if (manifestPath === undefined) throw fault('MODULE_NOT_FOUND', `The package is not installed (npm i ${wanted}).`)
      const manifest = readManifest(manifestPath)
      if (manifest === undefined) throw fault('ERR_ENGINE_DAMAGED', `It has no ${manifestName} (npm i ${wanted}).`)
      if (manifest.version !== readPackageJson().version) {
        throw fault('ERR_ENGINE_VERSION', `It is an engine of version ${manifest.version} (npm i ${wanted}).`)
      }
      compare(path, name, manifest, `Install ${wanted} again.`)
    },
  }
}

function resolved(specifier: string): string | undefined {
  try {
    return createRequire(packageFile('package.json')).resolve(specifier)
  } catch {
    return undefined
  }
}

/** undefined: there is none. */
function readManifest(path: string): Manifest | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { version, files } = JSON.parse(text) as Partial<Manifest>
    if (typeof version === 'string' && typeof files === 'object' && files !== null) return { version, files }
  } catch {
    // Damaged too.
  }
  throw fault('ERR_ENGINE_DAMAGED', `Its ${manifestName} is damaged.`)
}

/** The size first: most damaged files differ by it, and it costs nothing. */
function compare(path: string, name: string, { files }: Manifest, advice: string): void {
  const expected = Object.hasOwn(files, name) ? files[name] : undefined
  if (expected === undefined) throw fault('MODULE_NOT_FOUND', `Its ${manifestName} lists no such file.`)
  const { size } = statSync(path)
  if (size !== expected.bytes) {
    throw fault('ERR_ENGINE_DAMAGED', `It has ${size} bytes, and ${manifestName} says ${expected.bytes}. ${advice}`)
  }
  if (hash('sha256', readFileSync(path), 'hex') !== expected.sha256) {
    throw fault('ERR_ENGINE_DAMAGED', `Its SHA-256 is not the one of ${manifestName}. ${advice}`)
  }
}

/** One line, without the path of the file that the caller names itself. */
export function reasonOf(error: unknown, path?: string): string {
  const flag = missingFlag(error)
  if (flag !== undefined) return `Node does not permit it: start node with ${flag}.`
  // Node appends the requiring files to some messages, and the linker puts the path before its own.
  const [line] = (error as Error).message.split('\n', 1) as [string]
  return path === undefined ? line : line.replace(`${path}: `, '')
}

const fault = (code: string, message: string): Error => Object.assign(new Error(message), { code })

let isMuslCached: boolean | undefined

/**
 * Whether this Node runs on musl: from the ELF interpreter in the head of its executable, which takes microseconds (the
 * report of Node takes 8 ms). An addon of the other C library loads where both are installed, and crashes later.
 */
function isMusl(): boolean {
  return (isMuslCached ??= headOfExecutable()?.includes('/ld-musl-') ?? isMuslByReport())
}

function isMuslByReport(): boolean {
  const { report } = process as { readonly report?: { excludeNetwork?: boolean; getReport(): object } }
  if (report === undefined) return false
  // Otherwise the report resolves host names.
  report.excludeNetwork = true
  const { header } = report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } }
  return header !== undefined && header.glibcVersionRuntime === undefined
}

/** undefined: it cannot be read, as under `node --permission`. */
function headOfExecutable(): string | undefined {
  try {
    const file = openSync(process.execPath, 'r')
    try {
      const head = Buffer.alloc(4096)
      return head.toString('latin1', 0, readSync(file, head, 0, head.length, 0))
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}
