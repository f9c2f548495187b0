// Where the addon and sidelaned are found, and that a damaged file is not used. The package is a folder of the test.
import { chmodSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseTriple } from '@napi-rs/cli'
import { beforeEach, expect, test, vi } from 'vitest'
import { writeManifest } from '../../native/engine-manifest.mjs'
import { addonName, engineFiles, givenFile, packagedPlatforms, packagePrefix } from '../../src/util/engine-files.ts'
import { findSidelaned } from '../../src/util/find-sidelaned.ts'
import { freshFolder } from '../support/folders.ts'

const version = '1.2.3'
let folder = ''
beforeEach(() => {
  folder = freshFolder()
  write('package.json', '{}')
})
vi.mock('../../src/util/package-files.ts', () => ({
  packageFile: (path: string) => join(folder, path),
  readPackageJson: () => ({ version }),
}))

const platform = addonName().split('.')[1] as string
const packageName = `@sidelane/engine-${platform}`
const installed = (name: string): string => join(folder, 'node_modules', packageName, name)
const addon = addonName()

function write(path: string, content: string | Uint8Array, mode = 0o644): void {
  const file = path.startsWith('/') ? path : join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode })
}

/** Installs an engine package: both files, and their manifest. */
function install(of = version): void {
  write(installed('package.json'), JSON.stringify({ name: packageName, version: of }))
  write(installed(addon), 'the addon')
  write(installed('sidelaned'), '#!/bin/sh\n', 0o755)
  writeManifest(dirname(installed(addon)), of, [addon, 'sidelaned'])
}

/** What `check` of the first candidate says, and the candidate. */
function first(): { path: string; code: unknown; message: string } {
  const [file] = engineFiles(addon)
  const path = file?.path ?? ''
  try {
    file?.check()
    return { path, code: 'ok', message: '' }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { path, code, message }
  }
}

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  napi: { packageName: string; targets: string[] }
}

test('the packages are those of the targets of package.json', () => {
  const { packageName: prefix, targets } = packageJson.napi
  expect(packagePrefix).toBe(prefix)
  expect([...packagedPlatforms].sort()).toEqual(targets.map((target) => parseTriple(target).platformArchABI).sort())
})

test.runIf(process.platform === 'linux')('the C library is that of this Node', () => {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
  expect(addon).toBe(`sidelane.linux-${process.arch}-${header.glibcVersionRuntime === undefined ? 'musl' : 'gnu'}.node`)
})

test('an installed package is used when its files are those of its manifest', () => {
  install()
  expect(first()).toEqual({ path: installed(addon), code: 'ok', message: '' })
})

test('the files that were built in a clone come first', () => {
  install()
  write(`native/${addon}`, 'built')
  expect(engineFiles(addon).map(({ path }) => path)).toEqual([join(folder, 'native', addon), installed(addon)])
  expect(first().code).toBe('ok')
})

test('a package that is not installed is named with the command', () => {
  expect(first()).toEqual({
    path: packageName,
    code: 'MODULE_NOT_FOUND',
    message: `The package is not installed (npm i ${packageName}@${version}).`,
  })
})

test('a truncated file, a changed byte, another version, a damaged or missing manifest', () => {
  install()
  truncateSync(installed(addon), 4)
  expect(first()).toMatchObject({ code: 'ERR_ENGINE_DAMAGED', message: expect.stringContaining('has 4 bytes') })
  write(installed(addon), 'the Addon')
  expect(first()).toMatchObject({ code: 'ERR_ENGINE_DAMAGED', message: expect.stringContaining('SHA-256') })
  install('1.2.2')
  expect(first()).toMatchObject({ code: 'ERR_ENGINE_VERSION', message: expect.stringContaining('1.2.2') })
  write(installed('engine.json'), '{"version":')
  expect(first()).toMatchObject({ code: 'ERR_ENGINE_DAMAGED', message: expect.stringContaining('engine.json') })
  write(installed('engine.json'), JSON.stringify({ version, files: {} }))
  expect(first()).toMatchObject({ code: 'MODULE_NOT_FOUND', message: expect.stringContaining('lists no such file') })
})

test('a file that was built, or that SIDELANE_NATIVE_PATH names, is compared with a manifest beside it', () => {
  const path = join(folder, 'native', addon)
  write(path, 'built')
  writeManifest(dirname(path), version, [addon])
  expect(() => givenFile(path).check()).not.toThrow()
  truncateSync(path, 1)
  expect(() => givenFile(path).check()).toThrow('It has 1 bytes, and engine.json says 5.')
  expect(first()).toMatchObject({ path, code: 'ERR_ENGINE_DAMAGED' })
})

test.skipIf(process.platform === 'win32')('sidelaned: the package, without its x bit, not installed', () => {
  install()
  const path = installed('sidelaned')
  expect(findSidelaned()).toEqual({ path, tried: [] })
  chmodSync(path, 0o644)
  const error = `It is not executable: chmod +x ${path}, or its file system is mounted with noexec.`
  expect(findSidelaned()).toEqual({ path: undefined, tried: [{ path, error, isMissing: false }] })
  write('native/sidelaned', '#!/bin/sh\n', 0o755)
  expect(findSidelaned().path).toBe(join(folder, 'native/sidelaned'))
  expect(existsSync(path)).toBe(true)
})
