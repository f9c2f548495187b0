// Starting and ending a pool: creation rejects when a worker does not work; an idle pool does not keep the process alive.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createHost, createProcessor } from 'sidelane'
import { expect, onTestFinished, test } from 'vitest'
import { contractOf } from '../support/locks.ts'
import { needEngine } from '../support/need.ts'
import { freshFile } from './pool-kit.ts'

const root = new URL('../..', import.meta.url)

function workerOf(source: string): URL {
  const file = freshFile('worker.mjs')
  writeFileSync(file, source)
  return pathToFileURL(file)
}

test('creation rejects when the worker file is missing', async () => {
  const workerUrl = pathToFileURL(freshFile('missing.mjs'))
  const error = await createHost({ placement: 'pool', engine: 'js', workerUrl }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'options.invalid' })
  expect((error as Error).message).toContain('missing.mjs')
})

test('creation rejects with the error that the worker file throws', async () => {
  const workerUrl = workerOf('throw new Error("no luck today")')
  const host = createHost({ placement: 'pool', engine: 'js', workerUrl, threads: 2 })
  await expect(host).rejects.toMatchObject({ code: 'options.invalid', cause: { message: 'no luck today' } })
})

test('creation rejects when the worker file is not a worker of this package', async () => {
  for (const source of ['export const run = () => 7', 'export const other = 1']) {
    await expect(createHost({ placement: 'pool', engine: 'js', workerUrl: workerOf(source) })).rejects.toMatchObject({
      code: 'options.invalid',
    })
  }
})

/** The shipped worker, in threads that find no addon. */
const withoutAddon = (): URL =>
  workerOf(`
    process.env.SIDELANE_NATIVE_PATH = '/nowhere/sidelane.node'
    export const { run } = await import('${new URL('dist/worker.js', root).href}')
  `)

test('creation rejects when a worker cannot load the native engine', async (context) => {
  needEngine('native', context)
  const error = createHost({ placement: 'pool', engine: 'native', workerUrl: withoutAddon() })
  await expect(error).rejects.toMatchObject({
    code: 'engine.unavailable',
    message: expect.stringContaining('/nowhere/sidelane.node'),
  })
})

test('with engine auto they fall back to js and warn once with the cause', async (context) => {
  needEngine('native', context)
  const warned = once(process, 'warning')
  const host = await createHost({ placement: 'pool', engine: 'auto', threads: 2, workerUrl: withoutAddon() })
  onTestFinished(() => host.destroy())
  const processor = host.processor(contractOf({}))
  expect(processor.engine).toEqual({
    kind: 'js',
    reason: expect.stringContaining('/nowhere/sidelane.node'),
    tried: [{ path: '/nowhere/sidelane.node', error: 'There is no such file.' }],
  })
  expect(host.engine).toEqual(processor.engine)
  expect((await processor.process('[1]')).ok).toBe(true)
  expect(await warned).toMatchObject([
    { code: 'SIDELANE_NO_NATIVE', message: expect.stringContaining(processor.engine.reason) },
  ])
})

test('a contract that cannot run leaves no workers running', async () => {
  const keyed = contractOf({}, { name: 'keyed', digest: 'hmac-sha-256' })
  await expect(createProcessor(keyed, { placement: 'pool', engine: 'js' })).rejects.toMatchObject({
    code: 'options.invalid',
  })
})

const inChild = async (body: string): Promise<string> => {
  const script = `
    import { createHost, defineContract } from 'sidelane'
    import * as z from 'zod'
    const contract = defineContract({ name: 'any', schema: z.array(z.number()) })
    const host = await createHost({ placement: 'pool', engine: 'js' })
    const processor = host.processor(contract)
    ${body}
  `
  const child = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root.pathname,
    timeout: 10_000,
  })
  const { stdout, stderr } = await child
  expect(stderr).toBe('')
  return stdout
}

test('an idle pool does not keep the process alive', async () => {
  expect(await inChild('console.log((await processor.process("[1]")).ok)')).toBe('true\n')
})

test('a pool that was never used does not keep the process alive', async () => {
  expect(await inChild('console.log("up")')).toBe('up\n')
})

test('pending calls keep the process alive until they are answered', async () => {
  const body = `
    for (let i = 0; i < 300; i++) void processor.process('[1,2,3]').then(() => { if (i === 299) console.log('answered') })
  `
  expect(await inChild(body)).toBe('answered\n')
})

test('the worker loads neither zod nor Piscina', () => {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: URL): void => {
    if (seen.has(file.href)) return
    seen.add(file.href)
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import|import\()\s*["']([^"']+)["']/g)) {
      if (name?.startsWith('.')) visit(new URL(name, file))
      else packages.add(name as string)
    }
  }
  visit(new URL('dist/worker.js', root))
  expect(seen.size).toBeGreaterThan(3)
  const own = new Set(['#runtime', '#binding', 'fflate'])
  expect([...packages].filter((name) => !name.startsWith('node:') && !own.has(name))).toEqual([])
})
