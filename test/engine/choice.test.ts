// createEngine: which engine a name selects, and the reason of a fallback. The addon is loaded once per process, so
// each case imports the module again.
import { relative, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => vi.resetModules())
afterEach(() => vi.unstubAllEnvs())

const nowhere = '/nowhere/sidelane.node'
const createEngine = async (name: 'auto' | 'js' | 'native') => {
  const engines = await import('../../src/engine/index.ts')
  return engines.createEngine(name)
}

test('js selects js and tries nothing else', async () => {
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

test('native fails with all reasons as cause', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', nowhere)
  await expect(createEngine('native')).rejects.toMatchObject({
    code: 'engine.unavailable',
    message: expect.stringContaining(nowhere),
    cause: { errors: [expect.objectContaining({ code: 'MODULE_NOT_FOUND' })] },
    params: { tried: [{ path: nowhere }] },
  })
})

test('a file that is not an addon is rejected', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', new URL(import.meta.url).pathname)
  expect((await createEngine('auto')).report).toMatchObject({ kind: 'js', tried: [{ error: expect.any(String) }] })
})

test('a reason is one line, and a path in the environment is relative to the working folder', async () => {
  vi.stubEnv('SIDELANE_NATIVE_PATH', relative('.', new URL('.', import.meta.url).pathname))
  const { reason, tried } = (await createEngine('auto')).report
  expect(reason).not.toContain('\n')
  expect(tried).toMatchObject([{ path: resolve('test/engine') }])
})
