// Jest, vitest and tsx: they load the package by their own module loaders, some in a vm context, where `instanceof` and
// import() differ. Each runs the same tests of a user, which must end without an open handle.
import { expect, test } from 'vitest'
import { addEngine } from '../support/built-engine.ts'
import { freshProject, type Project, type ProjectOptions } from '../support/tarball.ts'

const names = 'createProcessor, decompress, defineContract, norm, SidelaneError, verify'

const userTests = `
const contract = defineContract({ name: 'order', schema: z.object({ id: z.int(), at: z.string().optional() }) })
const placements = [
  ['inline', { engine: 'js' }],
  ['inline, native engine', { engine: 'native' }],
  ['pool', { placement: 'pool', threads: 1, engine: 'js' }],
  ['auto', { placement: 'auto', threads: 1 }],
  ['sidecar', { placement: 'sidecar', launch: { daemon: 'node' } }],
]

test.each(placements)('%s', async (name, options) => {
  const processor = await createProcessor(contract, options)
  const bytes = new TextEncoder().encode('{"id":1}')
  for (const payload of [{ id: 1 }, '{"id":1}', bytes, new Uint8Array(bytes), Buffer.from(bytes)]) {
    const outcome = await processor.process(payload, { canonical: true })
    expect(outcome.ok).toBe(true)
    expect(outcome.body).toBeInstanceOf(Uint8Array)
    expect(outcome.value()).toEqual({ id: 1 })
    expect(new TextDecoder().decode(decompress(outcome.body, 'gzip', { maxBytes: 100 }))).toBe('{"id":1}')
    expect(verify(outcome)).toBe(true)
  }
  expect(await processor.process({ id: 'x' })).toMatchObject({ ok: false, code: 'validate.failed' })
  const aborted = processor.process({ id: 1 }, { signal: AbortSignal.abort() })
  await expect(aborted).rejects.toBeInstanceOf(SidelaneError)
  await expect(aborted).rejects.toBeInstanceOf(Error)
  await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
  const { signal } = new AbortController()
  expect((await processor.process({ id: 1 }, { signal, deadlineMs: 10000 })).ok).toBe(true)
  const items = []
  for await (const item of processor.stream([{ id: 1 }, { id: 2 }])) items.push(item)
  expect(items).toHaveLength(2)
  await processor.close()
  await expect(processor.process({ id: 1 })).rejects.toMatchObject({ code: 'unavailable' })
})

test('values, keys and errors of the test file', async () => {
  const schema = z.looseObject({ a: norm(z.string(), ['trim']), at: z.unknown(), b: z.string().regex(/^b+$/).optional() })
  const keyed = defineContract({ name: 'keyed', schema, digest: 'hmac-sha-256', appOnly: 'all' })
  const digestKey = new Uint8Array(32)
  const processor = await createProcessor(keyed, { digestKey, runInApp: true })
  const outcome = await processor.process({ a: ' x ', at: new Date(0), list: [1, { c: 2 }], b: 'bb' })
  expect(outcome.ok).toBe(true)
  expect(verify(outcome, digestKey)).toBe(true)
  expect(() => defineContract({ name: 'dated', schema: z.date() })).toThrow(/JSON has no dates/)
  expect(() => defineContract({})).toThrow(SidelaneError)
  await processor.close()
})`

const commonJs = `const { ${names} } = require('sidelane')\nconst z = require('zod')\n${userTests}`
const modules = `import { ${names} } from 'sidelane'\nimport * as z from 'zod'\n${userTests}`

async function project(options: ProjectOptions): Promise<Project> {
  const made = await freshProject({ ...options, packages: ['zod@4.6.7', ...(options.packages ?? [])] })
  addEngine(made)
  return made
}

/** Ends only when the runner does: a handle that is left open makes Jest wait. */
async function runTests({ run }: Project, command: string, args: readonly string[], env = {}): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, { env: { ...env, NO_COLOR: '1' } })
  const report = `${stdout}\n${stderr}`
  expect(status, report).toBe(0)
  expect(report).not.toContain('did not exit')
  return report
}

test('Jest 30, CommonJS', async () => {
  const jest = await project({ type: 'commonjs', packages: ['jest@30'], files: { 'order.test.js': commonJs } })
  expect(await runTests(jest, 'jest', [])).toMatch(/Tests: +6 passed, 6 total/)
})

test('Jest 30, modules', async () => {
  const config = { 'jest.config.js': 'export default { transform: {} }' }
  const jest = await project({ packages: ['jest@30'], files: { 'order.test.js': modules, ...config } })
  const report = await runTests(jest, 'jest', [], { NODE_OPTIONS: '--experimental-vm-modules' })
  expect(report).toMatch(/Tests: +6 passed, 6 total/)
})

test('vitest 4, in threads and in vm contexts', async () => {
  const files = { 'order.test.js': `import { expect, test } from 'vitest'\n${modules}` }
  const vitest = await project({ packages: ['vitest@4.1.12'], files })
  for (const pool of ['threads', 'vmThreads']) {
    expect(await runTests(vitest, 'vitest', ['run', '--pool', pool])).toMatch(/Tests +6 passed/)
  }
})

const app = `
import { createProcessor, defineContract } from 'sidelane'
import * as z from 'zod'

enum Kind { Order = 'order' }
const contract = defineContract({ name: 'order', schema: z.object({ kind: z.enum(Kind) }) })
async function main(): Promise<void> {
  for (const options of [{}, { placement: 'pool', threads: 1 }, { placement: 'sidecar', launch: true }] as const) {
    const processor = await createProcessor(contract, options)
    console.log((await processor.process({ kind: Kind.Order })).ok)
    await processor.close()
  }
}
void main()`

test.each(['module', 'commonjs'] as const)('tsx, package type %s', async (type) => {
  const tsx = await project({ type, packages: ['tsx@4'], files: { 'app.ts': app } })
  expect(await tsx.output('tsx', ['app.ts'])).toBe('true\ntrue\ntrue\n')
})
