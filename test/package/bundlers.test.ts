// esbuild and rollup: the commands and the configuration of docs/bundlers.md, in a fresh project.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { blocksOf } from '../docs/pages.ts'
import { addEngine } from '../support/built-engine.ts'
import { freshFolder } from '../support/folders.ts'
import { run } from '../support/run.ts'
import { freshProject, type Project } from '../support/tarball.ts'

const blocks = blocksOf('docs/bundlers.md').map(({ text }) => text)
const commands = blocks.flatMap((text) => text.split('\n')).filter((line) => line.startsWith('esbuild '))
const blockWith = (text: string): string => blocks.find((block) => block.includes(text)) as string

const placements = {
  auto: {},
  native: { engine: 'native' },
  pool: { placement: 'pool', threads: 1, engine: 'native' },
  'pool of js': { placement: 'pool', threads: 1, engine: 'js' },
  launch: { placement: 'sidecar', launch: { daemon: 'node' } },
}

// Also a schema whose parts are known by the source of a function of zod.
const app = `
import { createProcessor, defineContract } from 'sidelane'
import * as z from 'zod'

const text = z.string().trim().toLowerCase().max(40)
const code = z.stringFormat('code', /^[a-z]+$/)
const contract = defineContract({ name: 'order', schema: z.object({ id: z.int(), text, code, url: z.httpUrl() }) })
const order = { id: 1, text: ' A ', code: 'a', url: 'https://a.example' }
async function main() {
  for (const [name, options] of Object.entries(${JSON.stringify(placements)})) {
    try {
      const processor = await createProcessor(contract, options)
      const { ok } = await processor.process(order)
      console.log(name + ':', ok, processor.engine.kind)
      await processor.close()
    } catch ({ code, message }) {
      console.log(name + ':', code, message.includes('docs/bundlers.md'))
    }
  }
}
main()`

const all = 'auto: true native\nnative: true native\npool: true native\npool of js: true js\nlaunch: true native\n'
const alone =
  'auto: true js\nnative: engine.unavailable true\npool: engine.unavailable true\n' +
  'pool of js: engine.unavailable true\nlaunch: engine.unavailable true\n'

const pooled = `
import { createProcessor, parseContract } from 'sidelane'

const order = parseContract('{"profile":"p1","unicode":"15.0","name":"order","schema":{"type":"object"}}')
${blockWith('workerUrl')}
console.log((await pool.process('{}')).ok, pool.engine.kind)
await pool.close()`

async function project(packages: readonly string[], files: Readonly<Record<string, string>>): Promise<Project> {
  const made = await freshProject({ packages: ['zod@4.6.7', ...packages], files: { 'app.js': app, ...files } })
  addEngine(made)
  return made
}

const fileOf = (command: string): string => /--outfile=(\S+)/.exec(command)?.[1] as string

/** Runs a bundle in a folder of its own, where nothing is installed. */
async function runAlone({ folder }: Project, file: string): Promise<string> {
  const target = freshFolder()
  cpSync(join(folder, file), join(target, file.replace('dist/', '')))
  return (await run('node', [file.replace('dist/', '')], { cwd: target })).stdout
}

beforeAll(() => expect(commands).toHaveLength(4))

test('esbuild: external and bundled, as modules and CommonJS, minified', async () => {
  const esbuild = await project(['esbuild'], {})
  const build = (command: string) => esbuild.output('sh', ['-c', command])
  const [external = '', bundled = '', commonJs = '', withWorker = ''] = commands
  for (const command of [external, bundled, commonJs, `${bundled} --minify`, `${commonJs} --minify`]) {
    await build(command)
    expect([command, await esbuild.output('node', [fileOf(command)])]).toEqual([command, all])
    if (command !== external) expect([command, await runAlone(esbuild, fileOf(command))]).toEqual([command, alone])
  }

  const { status, stderr } = await esbuild.run('sh', ['-c', bundled.replace('--platform=node', '')])
  expect([status, stderr]).toEqual([1, expect.stringContaining('Could not resolve "node:os"')])

  esbuild.write({ 'app.js': pooled })
  await build(withWorker)
  expect(await esbuild.output('node', ['dist/app.mjs'])).toBe('true native\n')
  const deployed = await freshProjectOf('piscina@5.3.2')
  for (const name of ['app.mjs', 'worker.mjs']) cpSync(join(esbuild.folder, 'dist', name), join(deployed, name))
  expect((await run('node', ['app.mjs'], { cwd: deployed })).stdout).toBe('true js\n')
})

/** A folder with one package, and without sidelane. */
async function freshProjectOf(name: string): Promise<string> {
  const folder = freshFolder()
  const { status, stderr } = await run('npm', ['i', '--no-audit', '--no-fund', '--prefer-offline', name], {
    cwd: folder,
  })
  expect(status, stderr).toBe(0)
  return folder
}

test('rollup: external and bundled, as modules and CommonJS', async () => {
  const config = blockWith('nodeResolve')
  const plugins = ['@rollup/plugin-node-resolve', '@rollup/plugin-commonjs']
  const rollup = await project(['rollup', ...plugins], { 'rollup.config.js': config })
  for (const [format, file] of [
    ['es', 'dist/app.mjs'],
    ['cjs', 'dist/app.cjs'],
  ] as const) {
    const output = ['--format', format, '--file', file]
    await rollup.output('rollup', ['app.js', '--external', 'sidelane,zod', ...output])
    expect([format, await rollup.output('node', [file])]).toEqual([format, all])
    await rollup.output('rollup', ['--config', ...output])
    expect([format, await rollup.output('node', [file])]).toEqual([format, all])
    expect([format, await runAlone(rollup, file)]).toEqual([format, alone])
  }

  rollup.write({ 'rollup.config.js': config.replace("{ exportConditions: ['node'] }", '') })
  const { status, stderr } = await rollup.run('rollup', ['--config'])
  expect([status, stderr]).toEqual([1, expect.stringContaining('"needsExportConditionNode" is not exported')])
})

test('a lock in a bundle', async () => {
  const esbuild = await project(['esbuild'], {})
  const lock = '{"profile":"p1","unicode":"15.0","name":"order","schema":{"type":"object"}}'
  const source = `import { createProcessor, parseContract } from 'sidelane'
${blockWith('parseContract')}
createProcessor(contract).then((orders) => orders.process('{}')).then(({ ok }) => console.log(ok))`
  esbuild.write({ 'app.js': source, 'order.lock.json': lock })
  await esbuild.output('sh', ['-c', commands[2] as string])
  expect(await runAlone(esbuild, 'dist/app.cjs')).toBe('true\n')

  // As text: JSON.parse would round the integer.
  const int64 = lock.replace('"schema":{"type":"object"}', '"numbers":"int64","schema":{"const":9007199254740993}')
  const asText = `import { createProcessor, parseContract } from 'sidelane'
import order from './order.lock.json' with { type: 'text' }
createProcessor(parseContract(order)).then((orders) => orders.process('9007199254740993')).then(({ ok }) => console.log(ok))`
  esbuild.write({ 'app.js': asText, 'order.lock.json': int64 })
  await esbuild.output('sh', ['-c', commands[2] as string])
  expect(await runAlone(esbuild, 'dist/app.cjs')).toBe('true\n')
})
