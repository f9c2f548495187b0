// Where the socket of a launched daemon is when the temp directory is missing, read-only, or too long.
import type * as FileSystem from 'node:fs'
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { LaunchDirectory } from '../../src/placements/sidecar/launch-directory.ts'
import { freshFolder } from '../support/folders.ts'

const { real } = vi.hoisted(() => ({ real: { mkdtempSync: undefined as typeof mkdtempSync | undefined } }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof FileSystem>()
  real.mkdtempSync = fs.mkdtempSync
  return { ...fs, mkdtempSync: vi.fn(fs.mkdtempSync) }
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.mocked(mkdtempSync).mockImplementation(real.mkdtempSync as typeof mkdtempSync)
})

/** The parent of the directory that is made. */
function parentOf(): string {
  const directory = new LaunchDirectory()
  onTestFinished(() => directory.destroy())
  expect(existsSync(dirname(directory.socket))).toBe(true)
  return dirname(dirname(directory.socket))
}

test('the temp directory is the first choice', () => {
  const folder = freshFolder()
  vi.stubEnv('TMPDIR', folder)
  expect(parentOf()).toBe(folder)
})

test.each(['/nowhere', '/proc', `/tmp/${'x'.repeat(120)}`])('TMPDIR=%s: the next place that can be used', (place) => {
  const folder = freshFolder()
  vi.stubEnv('TMPDIR', place)
  vi.stubEnv('XDG_RUNTIME_DIR', folder)
  expect(parentOf()).toBe(folder)
  vi.stubEnv('XDG_RUNTIME_DIR', '')
  expect(parentOf()).toBe('/tmp')
})

test('a path that is too long for a socket is not used, even where it can be written to', () => {
  const long = join(freshFolder(), 'x'.repeat(100))
  mkdirSync(long)
  vi.stubEnv('TMPDIR', long)
  vi.stubEnv('XDG_RUNTIME_DIR', '')
  expect(parentOf()).toBe('/tmp')
})

test('no place: an error that says what to set, and why each was refused', () => {
  vi.stubEnv('TMPDIR', '/nowhere')
  vi.mocked(mkdtempSync).mockImplementation(() => {
    throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' })
  })
  expect(() => new LaunchDirectory()).toThrow(
    expect.objectContaining({
      code: 'engine.unavailable',
      message: expect.stringMatching(
        /set TMPDIR to one\. \/nowhere: EROFS: read-only file system; \/tmp: EROFS: read-only/,
      ),
    }),
  )
})
