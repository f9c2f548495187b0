// Which engine a name gives, and that a fallback says why. Where the addon is looked for is fixed for a process when it
// first looks, so each case imports the engines anew.
import { relative, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => vi.resetModules())
afterEach(() => vi.unstubAllEnvs())

const nowhere = '/nowhere/sidelane.node'
const createEngine = async (name: 'auto' | 'js' | 'native') => {
  const engines = await import('../../src/engine/index.ts')
  return engines.createEngine(name)
}

test('js is js, and nothing else is tried', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', nowhere)
  expect((await createEngine('js')).report).toEqual({ kind: 'js', reason: expect.any(String), tried: [] })
})

test('auto falls back to js and reports what it tried', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', nowhere)
  const { report } = await createEngine('auto')
  expect(report.kind).toBe('js')
  expect(report.reason).toContain(nowhere)
  expect(report.tried).toEqual([{ path: nowhere, error: expect.any(String) }])
})

test('native is refused with every reason as cause', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', nowhere)
  await expect(createEngine('native')).rejects.toMatchObject({
    code: 'engine.unavailable',
    message: expect.stringContaining(nowhere),
    cause: { errors: [expect.objectContaining({ code: 'MODULE_NOT_FOUND' })] },
    params: { tried: [{ path: nowhere }] },
  })
})

test('a file that is no addon is no engine', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', new URL(import.meta.url).pathname)
  expect((await createEngine('auto')).report).toMatchObject({ kind: 'js', tried: [{ error: expect.any(String) }] })
})

test('a reason is one line, and a path in the environment is one of the working folder', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', relative('.', new URL('.', import.meta.url).pathname))
  const { reason, tried } = (await createEngine('auto')).report
  expect(reason).not.toContain('\n')
  expect(tried).toMatchObject([{ path: resolve('test/engine') }])
})
