// `sidelane contract export` and `check` with modules that print, hang, fail or export something else, run as a program.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { parseLock } from '../../src/contract/index.ts'
import { Running, sidelane } from '../support/cli.ts'
import { childrenOf, isGone, needProc } from '../support/processes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const zod = dirname(fileURLToPath(import.meta.resolve('zod')))
const folder = mkdtempSync(join(tmpdir(), 'sidelane-module-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A project that has the packages installed. */
function project(type: 'module' | 'commonjs'): (name: string, source: string) => string {
  const own = join(folder, type)
  mkdirSync(join(own, 'node_modules'), { recursive: true })
  symlinkSync(root, join(own, 'node_modules/sidelane'))
  symlinkSync(zod, join(own, 'node_modules/zod'))
  writeFileSync(join(own, 'package.json'), JSON.stringify({ type }))
  return (name, source) => {
    writeFileSync(join(own, name), source)
    return join(own, name)
  }
}

const esm = project('module')
const commonjs = project('commonjs')

const define = "defineContract({ name: 'order', schema: z.strictObject({ id: z.string() }) })"
const imports = "import * as z from 'zod'; import { defineContract } from 'sidelane'; "
const order = `${imports}export const order = ${define};`

const exported = (file: string, ...more: readonly string[]): ReturnType<typeof sidelane> =>
  sidelane(['contract', 'export', file, '-o', '-', ...more])

describe('what the module prints', () => {
  it('goes to stderr, also what it and its processes write to descriptor 1', async () => {
    const file = esm(
      'prints.js',
      `${order}
      import { spawnSync } from 'node:child_process'
      import { writeSync } from 'node:fs'
      console.log('by console')
      process.stdout.write('by stream\\n')
      writeSync(1, 'by descriptor\\n')
      spawnSync('echo', ['by process'], { stdio: 'inherit' })
      process.on('exit', () => console.log('at exit'))`,
    )
    const { status, stdout, stderr } = await exported(file)
    expect(status).toBe(0)
    expect(parseLock(stdout).name).toBe('order')
    const lines = stderr.split('\n')
    expect(lines.slice(0, 5)).toEqual(['by console', 'by stream', 'by descriptor', 'by process', 'at exit'])
    expect(lines[5]).toMatch(/^order: lock, id [0-9a-f]{64}$/)
  })

  it('is not part of the JSON of check', async () => {
    const quiet = await exported(esm('quiet.js', order))
    const lock = esm('quiet.lock.json', quiet.stdout)
    const source = esm('loud.js', `console.log('loud')\n${order}`)
    const { status, stdout, stderr } = await sidelane(['contract', 'check', lock, '--source', source, '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ code: null, changes: [] })
    expect(stderr).toBe('loud\n')
  })
})

describe('the end of the module', () => {
  it('does not wait for timers, servers, or processes that hold its descriptors', async () => {
    const file = esm(
      'holds.js',
      `${order}
      import { spawn } from 'node:child_process'
      import { createServer } from 'node:net'
      setInterval(() => {}, 1000)
      createServer().listen(0)
      const child = spawn('sleep', ['60'], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 3] })
      process.on('exit', () => child.kill())`,
    )
    expect((await exported(file)).status).toBe(0)
  })

  it('does not wait for input', async () => {
    const file = esm('reads.js', `${order}\nfor await (const chunk of process.stdin) console.log(chunk)`)
    const running = new Running(['contract', 'export', file, '-o', '-'])
    // Its stdin stays open.
    expect((await running.ended).status).toBe(0)
  })

  it('is not a call of process.exit behind the import', async () => {
    const file = esm(
      'later.js',
      `${order}\nsetTimeout(() => process.exit(9), 60_000)\nprocess.on('exit', () => process.exit(7))`,
    )
    expect((await exported(file)).status).toBe(0)
  })

  it('comes with the end of the command', async (context) => {
    needProc(context)
    const file = esm(
      'stays.js',
      "for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {})\nconsole.log('up')\nsetInterval(() => {}, 1000)\nawait new Promise(() => {})",
    )
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
      const { child, ended } = new Running(['contract', 'export', file, '-o', '-'])
      await new Promise((resolve) => child.stderr.once('data', resolve))
      const [inner = 0] = childrenOf(child.pid as number)
      expect(inner).toBeGreaterThan(0)
      child.kill(signal)
      await ended
      expect(child.signalCode, signal).toBe(signal)
      await expect.poll(() => isGone(inner), { message: signal }).toBe(true)
    }
  })
})

describe('a module that cannot be loaded', () => {
  const failing: readonly (readonly [name: string, source: string, stderr: RegExp])[] = [
    [
      'exits.js',
      'const five = 5\nprocess.exit(five)',
      /: the module called process\.exit\(5\) while it was loaded\n {4}at FILE:2:9\n$/,
    ],
    [
      'exits-well.js',
      'process.exit(0)',
      /: the module called process\.exit\(0\) while it was loaded\n {4}at FILE:1:9\n$/,
    ],
    ['never.js', 'await new Promise(() => {})', /: a top-level await never settled\n$/],
    [
      'throws.js',
      "function connect() {\n  throw new Error('no database', { cause: new TypeError('no host') })\n}\nconnect()",
      /: Error: no database\n {2}caused by TypeError: no host\n {4}at connect \(FILE:2:9\)\n {4}at FILE:4:1\n$/,
    ],
    ['throws-text.js', "throw 'no database'", /: 'no database'\n$/],
    ['throws-null.js', 'throw null', /: null\n$/],
    [
      'rejects.js',
      "Promise.reject(new Error('late'))\nawait new Promise(() => {})",
      /: Error: late\n {4}at FILE:1:16\n$/,
    ],
    ['breaks.js', 'const one = 1\nconst two == 2', /: SyntaxError: .+\n {4}at FILE:2\n$/],
    ['breaks.cjs', 'const one = 1\nconst two == 2', /: SyntaxError: .+\n {4}at FILE:2\n$/],
    ['breaks.ts', 'const one: number = 1\nconst two: == 2', /Unexpected token.*\n FILE:2:\d+\n$/],
    ['throws.ts', "const one: number = 1\nthrow new Error('typed')", /: Error: typed\n {4}at FILE:2:7\n$/],
    ['lacks.js', `import { nope } from 'sidelane'`, /: SyntaxError: .*'nope'\n {4}at FILE:1\n$/],
    [
      'dies.js',
      "process.kill(process.pid, 'SIGKILL')\nsetInterval(() => {}, 1000)\nawait new Promise(() => {})",
      /: the module ended its process with SIGKILL while it was loaded\n$/,
    ],
  ]
  it.each(failing)('exits 1 with its own message and place: %s', async (name, source, expected) => {
    const file = esm(name, source)
    const { status, stdout, stderr } = await exported(file)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr.slice(0, stderr.indexOf(': '))).toBe('sidelane')
    expect(stderr).toContain(`Cannot import ${file}: `)
    expect(stderr.replace(`Cannot import ${file}`, '').replaceAll(file, 'FILE')).toMatch(expected)
  })

  it.each([
    ['waits.js', 'setInterval(() => {}, 1000)\nawait new Promise(() => {})'],
    ['spins.js', 'for (;;);'],
  ])('exits 1 after --timeout: %s', async (name, source) => {
    const { status, stderr } = await exported(esm(name, source), '--timeout', '1')
    expect(status).toBe(1)
    expect(stderr).toContain('it was not loaded within 1 s (--timeout): a top-level await did not settle')
  })

  it('exits 1 with the place of a contract that is refused', async () => {
    const file = esm(
      'refused.js',
      `${imports}\nexport const order = defineContract({ name: 'order', schema: z.date() })`,
    )
    const { status, stdout, stderr } = await exported(file)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^sidelane: contract\.unsupported: /)
    expect(stderr).toContain(`\n    at ${file}:2:22\n`)
    expect(stderr).not.toContain('node_modules')
  })
})

describe('what the module exports', () => {
  it.each([
    ['nothing.js', '', 'It exports nothing'],
    [
      'promise.js',
      `${imports}export const order = Promise.resolve(${define})`,
      'order is a promise (export its result: await it)',
    ],
    [
      'schema.js',
      "import * as z from 'zod'; export const schema = z.string(); export default () => schema",
      'default is a function (export what it returns), schema is a zod schema (export defineContract({ name, schema }))',
    ],
    [
      'plain.js',
      'export const a = 1, b = {}, c = null, d = [], e = "x"',
      'a is a number, b is an object, c is null, d is an array, e is a string',
    ],
  ])('exits 2 and says what there is instead of a contract: %s', async (name, source, words) => {
    const { status, stdout, stderr } = await exported(esm(name, source))
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('exports no contract; export what defineContract() returns. ')
    expect(stderr).toContain(words)
  })

  it.each([
    [
      'cjs-names.js',
      `const z = require('zod'); const { defineContract } = require('sidelane'); exports.order = ${define}`,
    ],
    [
      'cjs-made.js',
      `const z = require('zod'); const { defineContract } = require('sidelane'); const made = { order: ${define} }; module.exports = made`,
    ],
    [
      'cjs-only.js',
      `const z = require('zod'); const { defineContract } = require('sidelane'); module.exports = ${define}`,
    ],
    [
      'cjs-compiled.js',
      `const z = require('zod'); const { defineContract } = require('sidelane'); Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${define}`,
    ],
    ['typed.ts', `${imports}const given: object = {}; export const order = ${define}`],
    [
      'typed.cts',
      `import * as z from 'zod'; import { defineContract } from 'sidelane'; export const order = ${define}`,
    ],
    ['esm.mjs', order],
  ])('is found in a CommonJS project: %s', async (name, source) => {
    const { status, stdout, stderr } = await exported(commonjs(name, source))
    expect(stderr).toMatch(/^order: lock/)
    expect(status).toBe(0)
    expect(parseLock(stdout).name).toBe('order')
  })

  it('may be as large as a lock can be', async () => {
    const file = esm(
      'large.js',
      `const description = 'a description that is rather long '.repeat(300)
      const properties = Object.fromEntries(Array.from({ length: 190 }, (_, i) => ['p' + i, { type: 'string', description }]))
      const lock = { profile: 'p1', unicode: '15.0', name: 'large', schema: { type: 'object', properties } }
      export const large = { id: '0'.repeat(64), lock }`,
    )
    const { status, stdout } = await exported(file)
    expect(status).toBe(0)
    expect(stdout.length).toBeGreaterThan(1_900_000)
    expect(parseLock(stdout).name).toBe('large')
  })
})
