// zod is an optional peer: the built package in a folder where no zod can be found.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import * as z from 'zod'
import { defineContract } from '../../src/contract/define/index.ts'
import { lockText } from '../../src/contract/index.ts'
import { run } from '../support/run.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sidelane-z-'))
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

/** Puts a folder of this package into the project's node_modules. */
function link(name: string): void {
  const path = join(folder, 'node_modules', name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), path)
}

const installed = join(folder, 'node_modules/sidelane')
mkdirSync(installed, { recursive: true })
cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.map') })
cpSync(join(root, 'package.json'), join(installed, 'package.json'))
symlinkSync(join(root, 'native'), join(installed, 'native'))
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies?: Readonly<Record<string, string>>
}
for (const name of [...Object.keys(packageJson.dependencies ?? {}), '@types/node', 'undici-types']) link(name)

const order = defineContract({ name: 'order', schema: z.object({ id: z.int() }) })
const files = {
  'package.json': JSON.stringify({ type: 'module' }),
  'order.lock.json': lockText(order.lock),
  'order.schema.json': JSON.stringify({ type: 'object', properties: { id: { type: 'integer' } } }),
}
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)

const node = (args: readonly string[], input = '') => run(process.execPath, args, { cwd: folder, input })

const sidelane = (args: readonly string[], input?: string) =>
  node(['node_modules/sidelane/dist/cli/main.js', ...args], input)

const script = async (source: string) => {
  const { stdout, stderr } = await node(['--input-type=module', '--eval', source])
  return stderr === '' ? (JSON.parse(stdout) as unknown) : stderr
}

test('there is no zod', async () => {
  expect(await script("import 'zod'")).toContain("Cannot find package 'zod'")
})

test('a lock is loaded and runs inline, in a pool and in the daemon that it starts', async () => {
  const source = `
    import { createProcessor, loadContract } from 'sidelane'
    const found = []
    for (const options of [{}, { placement: 'pool', threads: 1 }, { placement: 'sidecar', launch: { daemon: 'node' } }]) {
      const processor = await createProcessor(loadContract('order.lock.json'), { engine: 'js', ...options })
      found.push((await processor.process({ id: 7 })).ok, (await processor.process({ id: 'x' })).code)
      await processor.close()
    }
    console.log(JSON.stringify(found))`
  const each = [true, 'validate.failed']
  expect(await script(source)).toEqual([...each, ...each, ...each])
})

test.each(['sidelane/edge', 'sidelane/fetch', 'sidelane/express', 'sidelane'])('%s loads', async (entry) => {
  expect(await script(`console.log(Object.keys(await import('${entry}')).length)`)).toBeGreaterThan(0)
})

test('`defineContract` and `norm` say what they need', async () => {
  const source = `
    import { defineContract, norm } from 'sidelane'
    const texts = [() => defineContract({ name: 'a', schema: {} }), () => norm({}, ['trim'])].map((call) => {
      try { call() } catch ({ code, message }) { return code + ' ' + message }
    })
    console.log(JSON.stringify(texts))`
  const text = 'options.invalid Expected `schema` to be a schema of zod 4, got object'
  expect(await script(source)).toEqual([text, text])
})

test('every command but `contract infer` runs', async () => {
  expect(await sidelane(['--version'])).toMatchObject({ status: 0, stderr: '' })
  const processed = await sidelane(['process', '--contract', 'order.lock.json'], '{"id":7}\n')
  expect(processed).toMatchObject({ status: 0, stdout: expect.stringContaining('\n') as string })
  const inspected = await sidelane(['inspect', '--contract', 'order.lock.json'], processed.stdout)
  expect(inspected).toMatchObject({ status: 0, stdout: expect.stringContaining('"id":7') as string })
  expect(await sidelane(['contract', 'show', 'order.lock.json'])).toMatchObject({ status: 0, stderr: '' })
  const importing = ['contract', 'import', 'order.schema.json', '-o', '-', '--name', 'order']
  expect(await sidelane(importing)).toMatchObject({ status: 0 })
  expect(await sidelane(['doctor'])).toMatchObject({ status: 0 })

  const inferred = await sidelane(['contract', 'infer', 'order.lock.json', '-o', '-'])
  expect(inferred).toMatchObject({ status: 2, stdout: '' })
  expect(inferred.stderr).toContain('npm install zod')
})

test('a daemon is served, pinged and asked for its numbers', async () => {
  const socket = join(folder, 's.sock')
  const serving = spawn(
    process.execPath,
    ['node_modules/sidelane/dist/cli/main.js', 'serve', '--contract', 'order.lock.json', '--socket', socket],
    { cwd: folder, stdio: 'ignore' },
  )
  const ended = once(serving, 'exit')
  onTestFinished(async () => {
    serving.kill()
    await ended
  })
  await vi.waitFor(
    async () => expect(await sidelane(['ping', '--socket', socket])).toMatchObject({ status: 0 }),
    30_000,
  )
  expect(await sidelane(['stats', '--socket', socket])).toMatchObject({ status: 0, stderr: '' })
})

test('the declarations compile without zod, also where all declarations are checked', async () => {
  const app = `
    import { createProcessor, loadContract } from 'sidelane'
    import { parseContract } from 'sidelane/edge'
    import { respond } from 'sidelane/fetch'
    export const all = [createProcessor, loadContract, parseContract, respond]`
  const config = {
    compilerOptions: { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false, types: ['node'] },
    files: ['app.ts'],
  }
  writeFileSync(join(folder, 'app.ts'), app)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder])
  expect(stdout.split('\n').filter((line) => line.includes('zod') || line.startsWith('app.ts'))).toEqual([])
})
