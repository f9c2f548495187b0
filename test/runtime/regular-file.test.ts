// Files that an operator names: what is read, what is refused, and that no message holds a part of the content.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { readRegularFile, readRegularFileSync, toFileError } from '../../src/runtime/regular-file.ts'
import { fileKinds } from '../../src/tables/file-kinds.ts'
import { needProc } from '../support/processes.ts'
import { needTool } from '../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'sidelane-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string): string => join(folder, name)
const { maxBytes } = fileKinds.key

const readers = {
  readRegularFileSync: (path: string | URL) => Promise.resolve().then(() => readRegularFileSync(path, 'key')),
  readRegularFile: (path: string | URL) => readRegularFile(path, 'key'),
}

describe.each(Object.entries(readers))('%s', (_, read) => {
  test('reads a file of any size up to the bound, through links and by its URL', async () => {
    for (const size of [0, 1, 65_535, maxBytes]) {
      writeFileSync(file('sized'), Buffer.alloc(size, 7))
      const bytes = await read(file('sized'))
      expect([bytes.length, bytes.every((byte) => byte === 7)]).toEqual([size, true])
    }
    writeFileSync(file('target'), 'abc')
    rmSync(file('link'), { force: true })
    symlinkSync('target', file('link'))
    expect(Buffer.from(await read(file('link'))).toString()).toBe('abc')
    expect(Buffer.from(await read(pathToFileURL(file('link')))).toString()).toBe('abc')
  })

  test('reads a file without a size, such as those of /proc', async (context) => {
    needProc(context)
    expect(Buffer.from(await read('/proc/self/status')).toString()).toContain('VmRSS')
  })

  test('refuses a file that is too large, before it reads it', async () => {
    const path = file('sparse')
    const descriptor = openSync(path, 'w')
    ftruncateSync(descriptor, 2 ** 40)
    closeSync(descriptor)
    await expect(read(path)).rejects.toMatchObject({
      name: 'FileError',
      code: 'too_large',
      path,
      message: `Cannot read the digest key ${path}: it has more than ${maxBytes} bytes`,
    })
    writeFileSync(file('large'), Buffer.alloc(maxBytes))
    appendFileSync(file('large'), 'x')
    await expect(read(file('large'))).rejects.toMatchObject({ code: 'too_large' })
  })

  test('refuses what is no regular file, without opening it', async (context) => {
    needTool('mkfifo', context)
    const server = createServer().listen(file('socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    mkdirSync(file('folder'), { recursive: true })
    spawnSync('mkfifo', [file('fifo')])
    const made = { folder: 'a directory', fifo: 'a FIFO', socket: 'a socket' }
    for (const [name, found] of Object.entries(made)) {
      const reason = `it is ${found}, not a regular file`
      await expect(read(file(name))).rejects.toMatchObject({ code: 'not_regular', reason })
    }
    server.close()
    for (const device of ['/dev/zero', '/dev/null', '/dev/tty'].filter((path) => existsSync(path)))
      await expect(read(device)).rejects.toMatchObject({ code: 'not_regular' })
  })

  test('names the system error of a file that cannot be read', async () => {
    await expect(read(file('none'))).rejects.toMatchObject({ code: 'ENOENT', reason: 'there is no such file' })
    writeFileSync(file('target'), 'abc')
    await expect(read(join(file('target'), 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(read('a\0b')).rejects.toMatchObject({ name: 'FileError', reason: 'the system answers with error 22' })
  })
})

test('a file that Deno may not read: the error names the flag', () => {
  const denied = new Error('Requires read access to "a.lock.json", run again with the --allow-read flag')
  denied.name = 'NotCapable'
  expect(toFileError('a.lock.json', 'lock', denied).message).toBe(
    'Cannot read the lock file a.lock.json: it needs --allow-read',
  )
})
