// `npx sidelane decide` of the installed package: with zod, and without.

import { expect, test } from 'vitest'
import { freshProject } from '../support/tarball.ts'

const payloads = Array.from({ length: 40 }, (_, id) =>
  JSON.stringify({ id, name: `name ${id}`, tags: ['a', 'b'] }),
).join('\n')
const schema = `
import * as z from 'zod'
export const payload = z.object({ id: z.int(), name: z.string().trim(), tags: z.array(z.string()) })
`

test('measures with the zod of the project, and writes record and report', async () => {
  const project = await freshProject({
    type: 'module',
    packages: ['zod@4.6.7'],
    files: { 'own.ndjson': payloads, 'schema.js': schema },
  })
  const args = ['decide', '--payloads', 'own.ndjson', '--contract', 'schema.js', '--rate', '5/s', '--seconds', '5']
  const { status, stdout } = await project.run('sidelane', [...args, '--json', 'r.json', '--html', 'r.html'])
  expect(status).toBe(0)
  expect(stdout).toContain('Do nothing')
  expect(stdout).toContain('your zod schema')
  const look = `
    import { readFileSync } from 'node:fs'
    const record = JSON.parse(readFileSync('r.json', 'utf8'))
    console.log(record.schema, record.recommendation.use, record.options.map(({ id }) => id).join())
    console.log(readFileSync('r.html', 'utf8').startsWith('<!doctype html>'))`
  project.write({ 'look.js': look })
  const [first, second] = (await project.output('node', ['look.js'])).split('\n')
  expect(first).toMatch(/^1 do nothing today,today-compiled,inline-js,(?:inline-native,)?pool,sidecar$/)
  expect(second).toBe('true')
})

test('without zod it says what is missing, and compares with JSON and zlib', async () => {
  const project = await freshProject({ type: 'module', packages: [], files: { 'own.ndjson': payloads } })
  const { status, stdout, stderr } = await project.run('sidelane', [
    'decide',
    '--payloads',
    'own.ndjson',
    '--seconds',
    '5',
  ])
  expect(status).toBe(0)
  expect(stderr).toContain('zod is not installed')
  expect(stdout).toContain('Today: JSON.parse, no validation, JSON.stringify, node:zlib gzip 1.')
  expect(stdout).toContain('today: parse, zlib')
})
