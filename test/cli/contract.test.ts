// The commands `contract export` and `contract show`, and the help of all commands, run as a program.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadContract, parseLock } from '../../src/contract/index.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sidelane-cli-'))

const cleanUp = [folder]

afterAll(() => {
  for (const path of cleanUp) rmSync(path, { recursive: true, force: true })
})

interface Result {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Writes a module into a new folder. */
function moduleOf(name: string, source: string): string {
  const own = mkdtempSync(join(tmpdir(), 'sidelane-cli-'))
  cleanUp.push(own)
  writeFileSync(join(own, 'package.json'), '{"type":"module"}')
  writeFileSync(join(own, name), source)
  return join(own, name)
}

const sidelane = (...args: string[]): Result =>
  spawnSync(process.execPath, [main, ...args], {
    cwd: fixtures,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })

describe('sidelane', () => {
  it('prints help with examples on stdout and exits 0', () => {
    const { status, stdout, stderr } = sidelane('--help')
    expect({ status, stderr }).toStrictEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('sidelane contract export order.contract.ts -o order.lock.json')
  })

  it.each([['contract'], ['contract', 'export'], ['contract', 'show']])('prints help for %s %s', (...topic) => {
    const { status, stdout } = sidelane(...topic, '--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`^sidelane ${topic.join(' ')}`))
    expect(stdout).toContain('Examples\n')
  })

  it('prints its version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(sidelane('--version')).toMatchObject({ status: 0, stdout: `${version}\n` })
  })

  it.each([
    ['no command', [], 'Expected a command'],
    ['an unknown command', ['serv'], 'Unknown command "serv"'],
    ['no file', ['contract', 'export', '-o', '-'], 'Expected one FILE'],
    ['no target', ['contract', 'export', 'contracts.js'], 'Expected -o LOCK'],
    ['an unknown option', ['contract', 'show', '--jsn'], "Unknown option '--jsn'"],
    ['a missing file', ['contract', 'show', 'gone.json'], 'Cannot read the lock file gone.json: there is no such file'],
  ])('exits 2 with an empty stdout for %s', (_, args, words) => {
    const { status, stdout, stderr } = sidelane(...args)
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(words)
    expect(stderr).toContain('--help')
  })
})

describe('sidelane contract export', () => {
  it('writes the lock of a TypeScript module atomically', () => {
    const target = join(folder, 'order.lock.json')
    const { status, stdout, stderr } = sidelane('contract', 'export', 'order.contract.ts', '-o', target)
    expect({ status, stdout }).toStrictEqual({ status: 0, stdout: '' })
    const contract = loadContract(target)
    expect(stderr).toBe(`order: wrote ${target}, id ${contract.id}\n`)
    expect(readFileSync(target, 'utf8')).toBe(`${JSON.stringify(contract.lock, null, 2)}\n`)
    expect(readdirSync(folder)).toStrictEqual(['order.lock.json'])
  })

  it.skipIf(process.platform === 'win32')(
    'writes to a pipe or a device, and through a link, instead of replacing it',
    () => {
      const real = join(folder, 'real.lock.json')
      const link = join(folder, 'link.lock.json')
      writeFileSync(real, '')
      symlinkSync(real, link)
      expect(sidelane('contract', 'export', 'other-copy.js', '-o', link).status).toBe(0)
      expect(lstatSync(link).isSymbolicLink()).toBe(true)
      expect(parseLock(readFileSync(real, 'utf8')).id).toBe(loadContract(link).id)
      // The stdout of a child of Node may be a socket, which no path opens.
      const command = ['-c', '"$@" | cat', 'sh', process.execPath, main]
      const args = ['contract', 'export', 'other-copy.js', '-o', '/dev/stdout']
      const { stdout } = spawnSync('sh', [...command, ...args], { cwd: fixtures, encoding: 'utf8' })
      expect(parseLock(stdout).id).toBe(loadContract(link).id)
      expect(sidelane('contract', 'export', 'other-copy.js', '-o', folder).stderr).toContain('it is a directory')
      rmSync(link)
      rmSync(real)
    },
  )

  it('writes to stdout for "-", and counts a contract with several export names once', () => {
    const { status, stdout } = sidelane('contract', 'export', 'contracts.js', '--name', 'left-side', '-o', '-')
    expect(status).toBe(0)
    expect(parseLock(stdout).name).toBe('left-side')
  })

  it('exits 2 and lists the exports when there are several contracts', () => {
    const { status, stdout, stderr } = sidelane('contract', 'export', 'contracts.js', '-o', '-')
    expect({ status, stdout }).toStrictEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('left ("left-side"), right ("right-side"); choose with --export or --name')
  })

  it('selects by --export, and lists the checks that only the app performs', () => {
    const { status, stdout, stderr } = sidelane('contract', 'export', 'contracts.js', '--export', 'right', '-o', '-')
    expect(status).toBe(0)
    expect(parseLock(stdout).lock).toMatchObject({
      name: 'right-side',
      appOnly: ['refine: age'],
      compress: { codec: 'none' },
    })
    expect(stderr).toContain('In the app only, not in the lock: refine: age')
  })

  it('recognizes a contract of another copy of the package by its shape', () => {
    const { status, stdout } = sidelane('contract', 'export', 'other-copy.js', '-o', '-')
    expect(status).toBe(0)
    expect(parseLock(stdout).lock).toMatchObject({ name: 'copied', digest: 'sha-256' })
  })

  it('exits 1 and lists every unsupported type with its path and a replacement', () => {
    const { status, stdout, stderr } = sidelane('contract', 'export', 'refused.js', '-o', '-')
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('contract.unsupported')
    expect(stderr).toContain(
      'mail: .trim() must stand ahead of every check, as in a contract; write z.string().trim().pipe(z.email())',
    )
    expect(stderr).toContain('at: JSON has no dates')
  })

  it.each([
    ['broken.js', 'export const x = ', 'SyntaxError'],
    ['broken.ts', 'export const x: = 1', 'Unexpected token'],
    ['throws.js', 'throw new Error("no database")', 'no database'],
  ])('exits 1 and names a module that fails to load: %s', (name, source, words) => {
    const file = moduleOf(name, source)
    const { status, stdout, stderr } = sidelane('contract', 'export', file, '-o', '-')
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(`sidelane: Cannot import ${file}: `)
    expect(stderr).toContain(words)
  })

  it.each([
    ['a module without a contract', ['nothing.js', '-o', '-'], 'exports no contract'],
    ['a folder', ['.', '-o', '-'], '. is a directory, not a module'],
    ['a missing file', ['missing.js', '-o', '-'], 'There is no file missing.js'],
    [
      'a lock',
      [moduleOf('order.lock.json', '{}'), '-o', '-'],
      'order.lock.json is JSON, not a module: a lock is used as it is',
    ],
    [
      'a module that imports a missing package',
      [moduleOf('lost.js', 'import "no-such-package"'), '-o', '-'],
      'lost.js',
    ],
    ['a missing package in TypeScript', [moduleOf('lost.ts', 'import "no-such-package"'), '-o', '-'], 'lost.ts'],
    ['a missing export', ['contracts.js', '--export', 'middle', '-o', '-'], 'has no such contract'],
    ['a target that cannot be written', ['other-copy.js', '-o', join(folder, 'no', 'where.json')], 'Cannot write'],
  ])('exits 2 for %s', (_, args, words) => {
    const { status, stderr } = sidelane('contract', 'export', ...args)
    expect(status).toBe(2)
    expect(stderr).toContain(words)
  })
})

describe('sidelane contract show', () => {
  const lock = join(folder, 'shown.lock.json')
  beforeAll(() => sidelane('contract', 'export', 'order.contract.ts', '-o', lock))

  it('prints the fields of a lock, and the schema as a tree', () => {
    const { status, stdout } = sidelane('contract', 'show', lock)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^order\n {2}id {8}[0-9a-f]{64}\n/)
    expect(stdout).toMatch(/ {2}limits {4}1,048,576 bytes, depth 64, 10,000 keys in an object\n/)
    expect(stdout).toMatch(/ {2}compress {2}gzip, level 1\n/)
    expect(stdout).toMatch(
      / {2}cost {6}at most [\d,]+ steps of 268,435,456; \d+ states a character; 1 branches a value\n/,
    )
    expect(stdout).toMatch(/^ {6}email +string, email, norm lower → trim$/m)
    expect(stdout).toMatch(/^ {6}phone\? +string, /m)
    expect(stdout).toMatch(/^ {4}payment +one of, by "method"$/m)
    expect(stdout).not.toContain('\u001b')
  })

  it('prints one JSON object with --json', () => {
    const { status, stdout } = sidelane('contract', 'show', lock, '--json')
    expect(status).toBe(0)
    const shown = JSON.parse(stdout) as Record<string, unknown>
    expect(shown).toMatchObject({ id: loadContract(lock).id, name: 'order', compress: { codec: 'gzip', level: 1 } })
    expect(shown['norms']).toContainEqual({ path: 'customer.email', ops: ['lower', 'trim'] })
    expect(shown['norms']).toContainEqual({ path: '@shipping.name', ops: ['nfc', 'collapse', 'trim'] })
  })

  it('prints 64-bit integers, and the dictionary', () => {
    const wide = join(folder, 'wide.lock.json')
    const dictionary = { id: 0, path: 'wide.dict', sha256: createHash('sha256').update('words').digest('hex') }
    const schema = '{"type":"object","properties":{"id":{"enum":[9007199254740993],"default":9007199254740993}}}'
    const fields = {
      profile: 'p1',
      unicode: '15.0',
      name: 'wide',
      numbers: 'int64',
      compress: { codec: 'zstd' },
      dictionary,
    }
    writeFileSync(join(folder, 'wide.dict'), 'words')
    writeFileSync(wide, `${JSON.stringify(fields).slice(0, -1)},"schema":${schema}}`)
    const { stdout } = sidelane('contract', 'show', wide)
    expect(stdout).toMatch(/^ {2}compress {2}zstd, level 1, dictionary wide\.dict$/m)
    expect(stdout).toMatch(/^ {4}id\? +9007199254740993, default 9007199254740993$/m)
    expect(sidelane('contract', 'show', wide, '--json').stdout).toContain('"default": 9007199254740993')
  })

  it('exits 1 for an unsupported lock', () => {
    const bad = join(folder, 'bad.lock.json')
    writeFileSync(bad, JSON.stringify({ profile: 'p1', unicode: '15.0', name: 'bad', schema: { not: {} } }))
    const { status, stdout, stderr } = sidelane('contract', 'show', bad)
    expect({ status, stdout }).toStrictEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('contract.unsupported')
    expect(stderr).toContain('/schema')
  })
})
