// The engine package of this platform, built, packed and installed beside sidelane from tarballs: the native engine answers,
// and whatever happens to its files, the js engine does and the process lives.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textsOf } from '../../native/cargo-notices.mjs'
import { writeManifest } from '../../native/engine-manifest.mjs'
import { platformName } from '../../src/util/engine-files.ts'
import { run } from '../support/run.ts'
import { freshProject, tarball, type Project } from '../support/tarball.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const platform = platformName()
const packageName = `@sidelane/engine-${platform}`
const addon = `sidelane.${platform}.node`
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

/** Prints what answered in each placement, and the warnings of sidelane, as one line of JSON. */
const app = `
import { createRequire } from 'node:module'
import { createProcessor, parseContract } from 'sidelane'
const contract = parseContract('{"profile":"p1","unicode":"15.0","name":"any","schema":{}}')
const warnings = []
process.on('warning', ({ code, message }) => code?.startsWith('SIDELANE') && warnings.push({ code, message }))
const [engine, ...placements] = process.argv.slice(2)
const answers = []
for (const placement of placements) {
  const launch = placement === 'sidecar' ? true : undefined
  const processor = await createProcessor(contract, { engine, placement, launch, threads: 2 })
  const { ok } = await processor.process('{"b":1,"a":[2]}')
  answers.push([placement, ok, processor.engine.kind])
  await processor.close()
}
let calls = 0
if (process.env.COUNT) calls = createRequire(import.meta.url)(process.env.COUNT).calls()
await new Promise(setImmediate)
console.log(JSON.stringify({ answers, warnings, calls }))
`

const commonJs = `
const { createProcessor, parseContract } = require('sidelane')
const contract = parseContract('{"profile":"p1","unicode":"15.0","name":"any","schema":{}}')
createProcessor(contract, { placement: 'pool', threads: 1 }).then((pool) => {
  console.log(pool.engine.kind)
  return pool.close()
})
`

interface Answer {
  readonly answers: readonly (readonly [placement: string, ok: boolean, engine: string])[]
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
  readonly calls: number
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sidelane-engines-'))
  execFileSync(process.execPath, ['native/pack-engines.mjs'], { cwd: root, stdio: 'ignore' })
  execFileSync('npm', ['pack', `./target/npm/${platform}`, '--pack-destination', folder], {
    cwd: root,
    stdio: 'ignore',
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const engineTarball = (): string => join(folder, `sidelane-engine-${platform}-${version}.tgz`)

async function ask(project: Project, engine: string, placements: readonly string[], env = {}): Promise<Answer> {
  return JSON.parse(await project.output('node', ['app.js', engine, ...placements], { env })) as Answer
}

const local = ['inline', 'pool', 'auto']
const all = [...local, 'sidecar']
const answersOf = (kind: string, placements: readonly string[]): Answer['answers'] =>
  placements.map((placement) => [placement, true, kind])

test('without an engine package: js answers, with one warning that names the package to install, and none for js', async () => {
  const project = await freshProject({ files: { 'app.js': app } })
  const { answers, warnings } = await ask(project, 'auto', all)
  expect(answers).toEqual(answersOf('js', all))
  expect(warnings).toEqual([
    { code: 'SIDELANE_NO_NATIVE', message: expect.stringContaining(`npm i ${packageName}@${version}`) },
  ])
  expect((await ask(project, 'auto', ['sidecar'])).warnings).toEqual(warnings)
  expect(await ask(project, 'js', all)).toMatchObject({ answers: answersOf('js', all), warnings: [] })
  const { status, stderr } = await project.run('node', ['app.js', 'native', 'inline'])
  expect([status, stderr]).toEqual([1, expect.stringContaining(packageName)])
})

/** A project with the engine package, and a way back to its files as they were installed. */
async function withEngine(): Promise<{ project: Project; installed: (name: string) => string; restore: () => void }> {
  const project = await freshProject({ files: { 'app.js': app }, packages: [engineTarball()] })
  const installed = (name: string): string => join(project.folder, 'node_modules', packageName, name)
  const saved = join(project.folder, 'saved')
  cpSync(installed(''), saved, { recursive: true })
  const restore = (): void => {
    rmSync(installed(''), { recursive: true, force: true })
    cpSync(saved, installed(''), { recursive: true })
  }
  return { project, installed, restore }
}

async function engineCheck(project: Project): Promise<{ status: string; found: string; details: object } | undefined> {
  const { checks } = JSON.parse(await project.output('sidelane', ['doctor', '--json'])) as {
    checks: { id: string; status: string; found: string; details: object }[]
  }
  return checks.find(({ id }) => id === 'engine')
}

test('with the engine package: native answers everywhere, sidelaned runs, nothing is written into the packages', async () => {
  const { project, installed } = await withEngine()
  const before = listing(project)
  const { calls, ...answer } = await ask(project, 'auto', local, { COUNT: packageName })
  expect(answer).toEqual({ answers: answersOf('native', local), warnings: [] })
  // Of this thread: inline, and the choice of auto.
  expect(calls).toBeGreaterThan(0)
  expect(await ask(project, 'native', ['sidecar'])).toMatchObject({ answers: answersOf('native', ['sidecar']) })
  expect(await engineCheck(project)).toMatchObject({
    status: 'ok',
    details: { kind: 'native', file: installed(addon) },
  })
  expect(await project.output('sidelane', ['serve', '--daemon', 'sidelaned', '--version'])).toContain(version)
  project.write({ 'app.cjs': commonJs })
  expect(await project.output('node', ['app.cjs'])).toBe('native\n')
  expect(listing(project)).toEqual(before)
})

test('a damaged or foreign addon: js answers with one warning, the process lives, and doctor says why', async () => {
  const { project, installed, restore } = await withEngine()
  const path = installed(addon)
  const { size } = statSync(path)
  const relist = (of = version): void => writeManifest(installed(''), of, [addon, 'sidelaned'])
  const damages: Record<string, [damage: () => void, words: string]> = {
    truncated: [() => truncateSync(path, size / 2), `${size}.`],
    'other bytes of the same size': [() => writeFileSync(path, Buffer.alloc(size, 'no library')), 'SHA-256'],
    'for another processor, with its manifest': [
      () => {
        const bytes = readFileSync(path)
        // e_machine of ELF: AArch64, or x86-64 there.
        bytes.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18)
        writeFileSync(path, bytes)
        relist()
      },
      addon,
    ],
    'a text, with its manifest': [
      () => {
        writeFileSync(path, 'no library')
        relist()
      },
      addon,
    ],
    'an engine of another version': [() => relist('0.0.1'), 'an engine of version 0.0.1'],
    'no addon': [() => rmSync(path), addon],
    'no manifest': [() => rmSync(installed('engine.json')), packageName],
  }
  for (const [name, [damage, words]] of Object.entries(damages)) {
    restore()
    damage()
    const message = expect.stringContaining(words) as string
    expect({ name, ...(await ask(project, 'auto', local)) }).toEqual({
      name,
      answers: answersOf('js', local),
      warnings: [{ code: 'SIDELANE_NO_NATIVE', message }],
      calls: 0,
    })
  }
  restore()
  truncateSync(path, size / 2)
  expect(await engineCheck(project)).toMatchObject({ status: 'warn', found: expect.stringContaining(`${size}.`) })
})

test('sidelaned without its x bit, or damaged: the Node daemon with one warning, and an error when it is asked for', async () => {
  const { project, installed, restore } = await withEngine()
  const path = installed('sidelaned')
  const faults: [damage: () => void, words: string][] = [
    [() => chmodSync(path, 0o644), `chmod +x ${path}`],
    [() => truncateSync(path, 1000), 'has 1000 bytes'],
  ]
  for (const [damage, words] of faults) {
    restore()
    damage()
    const twice = ['sidecar', 'sidecar']
    const { answers, warnings } = await ask(project, 'auto', twice)
    expect(answers).toEqual(answersOf('native', twice))
    expect(warnings).toEqual([{ code: 'SIDELANE_NO_SIDELANED', message: expect.stringContaining(words) }])
    const asked = await project.run('sidelane', ['serve', '--daemon', 'sidelaned', '--version'])
    expect(asked).toMatchObject({ status: 2, stderr: expect.stringContaining(words) })
    const auto = await project.run('sidelane', ['serve', '--version'])
    expect(auto).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: expect.stringContaining(words) })
  }
})

const fileOf = (name: string): Buffer =>
  execFileSync('tar', ['-xzOf', engineTarball(), `package/${name}`], { maxBuffer: 1 << 28 })

test('the licence texts of all that is linked into its files are in the package', () => {
  const notices = fileOf('THIRD-PARTY.txt').toString()
  const names = notices.match(/^\S+ \d\S*(?: \(\S+\))?(?:, .*)?:$/gm)?.flatMap((line) => line.slice(0, -1).split(', '))
  const binaries = [addon, 'sidelaned'].map((name) => fileOf(name).toString('latin1')).join('')
  // Panics name the source file.
  const inBinaries = [...binaries.matchAll(/\/registry\/src\/[^/]+\/([\w-]+)-(\d[^/]*)\/src\//g)]
  const linked = new Set(inBinaries.map(([, name, of]) => `${name} ${of}`))
  expect(linked.size).toBeGreaterThan(20)
  expect(names).toEqual(expect.arrayContaining([...linked]))
  const crates = names?.map((name) => name.replace(/ \d\S*/, ''))
  const c = ['libdeflate-sys (libdeflate)', 'zstd-sys (zstd)', 'ring (third_party/fiat)']
  expect(crates).toEqual(expect.arrayContaining(['napi', 'napi-sys', 'alloc-stdlib', ...c]))
  for (const other of ['flate2', 'cc', 'napi-derive', 'sidelane-core']) expect(crates).not.toContain(other)
  const holders = [
    '2016 Eric Biggers',
    'Meta Platforms, Inc.',
    '2020 LongYinan',
    'fiat-crypto authors',
    'Unicode, Inc.',
  ]
  expect(holders.filter((holder) => !notices.includes(holder))).toEqual([])
  // The other choice for zstd.
  expect(notices.includes('GNU GENERAL PUBLIC LICENSE')).toBe(false)
})

test('a crate without a licence text of its own keeps the package from being made', () => {
  const crate = { name: 'bare', version: '1.0.0', folder: join(folder, 'bare') }
  mkdirSync(join(crate.folder, 'vendored'), { recursive: true })
  writeFileSync(join(crate.folder, 'vendored/COPYING'), 'the C code')
  expect(() => textsOf(crate, [])).toThrow('bare 1.0.0 has no licence text')
  writeFileSync(join(crate.folder, 'LICENSE-MIT'), 'the crate')
  expect(new Set(textsOf(crate, []))).toEqual(
    new Set([
      { of: 'bare 1.0.0', text: 'the crate' },
      { of: 'bare 1.0.0 (vendored)', text: 'the C code' },
    ]),
  )
})

test('the image of sidelaned takes files that are in the package', () => {
  const dockerfile = readFileSync(join(root, 'docs/deploy/Dockerfile'), 'utf8')
  const taken = [...dockerfile.matchAll(/@sidelane\/engine-\S+?\/(\S+)/g)].map(([, name]) => name as string)
  expect(taken).toEqual(['sidelaned', 'LICENSE', 'THIRD-PARTY.txt'])
  for (const name of taken) expect(fileOf(name).length).toBeGreaterThan(0)
})

test('the check of the release passes for these tarballs', async () => {
  cpSync(tarball, join(folder, basename(tarball)))
  const checked = await run(process.execPath, [join(root, 'native/check-engine.mjs'), folder, platform])
  expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining(addon) })
})

/** The files of the installed packages, with their times. */
function listing({ folder: project }: Project): string[] {
  const packages = join(project, 'node_modules')
  return ['sidelane', packageName].flatMap((name) =>
    readdirSync(join(packages, name), { recursive: true, encoding: 'utf8' }).map((path) => {
      const file = join(packages, name, path)
      return `${file} ${existsSync(file) ? statSync(file).mtimeMs : ''}`
    }),
  )
}
